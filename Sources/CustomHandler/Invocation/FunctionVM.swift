import DequeModule
import Logging
import Lua
import NIOCore

/// One function in a Lua VM of its own.
final class FunctionVM {
    let function: Function
    let vm: LuaVM
    let pool: FunctionPool
    let marks: Marks
    private let scope: Scope
    /// The time limit may be an option's, and not host.json's.
    let hasTimeOption: Bool
    private let text: [UInt8]
    /// What the script returned; nil until it is loaded.
    var handler: LuaReference?

    /// A slice of some task here is unfinished, or the script still loads.
    var isBusy = true
    /// What to do when it is free again.
    var whenFree: Deque<() -> Void> = []
    /// The scheduler is about to run what waited.
    var isResuming = false
    /// Invocations that have begun here and not ended.
    var active = 0
    /// An invocation ran out of its memory or its time, and may have left much behind.
    var reachedLimit = false

    /// The files that what was loaded here depends on; nil if they are as they were when they were last asked for.
    func takeNewSources() -> Set<String>? {
        guard scope.hasLooked else { return nil }
        scope.hasLooked = false
        return scope.lookedFor.union([function.script, "\(function.directory)/function.json"])
    }

    var isLoaded: Bool { handler != nil }
    var logger: Logger { scope.logger }

    /// What the VM's Swift functions share: whose code runs, and what they may look at.
    final class Scope {
        private let pool: FunctionPool
        var function: Function { pool.function }
        var files: AppFiles { pool.files }
        let logger: Logger
        /// In bytes.
        let memoryLimit: Int
        /// Whose Lua code runs now.
        var running: Run?
        var marks: Marks?
        /// luafunc's modules that were opened, by name: a script gets the same table however often it asks.
        var modules: [String: LuaReference] = [:]
        /// The files that `require` looked for, whether they are there or not.
        var lookedFor: Set<String> = [] { didSet { hasLooked = true } }
        /// Since this was last asked.
        var hasLooked = true
        /// What finds the methods of a request, once one was asked for.
        var requestMethods: LuaReference?
        /// `context.deadline`, once it was asked for.
        var deadline: LuaReference?

        init(pool: FunctionPool, logger: Logger, memoryLimit: Int) {
            self.memoryLimit = memoryLimit
            self.pool = pool
            self.logger = logger
        }

        func write(_ level: Logger.Level, _ text: String) { running?.log.write(level, text) }
    }

    /// Makes the VM, with nothing of the script in it yet.
    init(
        pool: FunctionPool, options: InvocationOptions
    ) throws(InvocationFailure) {
        let function = pool.function
        self.function = function
        self.pool = pool
        let scope = Scope(
            pool: pool, logger: options.logger(for: function),
            memoryLimit: function.limits.memory ?? options.memoryLimit)
        self.scope = scope
        hasTimeOption = options.timeLimit != nil
        do throws(Problem) {
            text = try pool.files.text(of: function.script)
        } catch {
            throw InvocationFailure(.function, error.description)
        }
        do throws(LuaFailure) {
            vm = try LuaVM(
                memoryLimit: scope.memoryLimit,
                sandbox: Sandbox(
                    write: { stack throws(LuaError) in
                        let level = Logger.Level(rawValue: stack.string(at: 1) ?? "") ?? .info
                        scope.write(level, stack.string(at: 2) ?? "")
                        return 0
                    },
                    find: { stack throws(LuaError) in try Modules.find(on: stack, scope) }))
            marks = try Marks(vm.stack, scope)
        } catch {
            throw InvocationFailure(.function, error.message)
        }
        scope.marks = marks
        vm.setLabel("luafunc: function \(function.name), invocation")
    }

    // MARK: Tasks

    /// The task that runs the script's top level.
    func loadingTask(for run: Run) throws(InvocationFailure) -> ScriptTask {
        let task = ScriptTask(vm.makeThread(), of: run, arguments: 0)
        run.main = task
        let text = text
        do throws(LuaFailure) {
            try task.thread.stack.load(text.span.bytes, name: "@\(function.script)")
        } catch {
            throw InvocationFailure(.function, error.message)
        }
        return task
    }

    /// The task that runs the handler, with its arguments.
    func task(for run: Run, _ invocation: Invocation) throws(InvocationFailure) -> ScriptTask {
        let task = ScriptTask(vm.makeThread(), of: run, arguments: 3)
        run.main = task
        let stack = task.thread.stack
        vm.setDeadline(run.deadline.map { Int64($0.uptimeNanoseconds) } ?? .max)
        if let handler { stack.push(handler) }
        switch invocation.input {
        case .request(let request, let url, let parameters):
            RequestReader(function: function, marks: marks, stack: stack).pushArguments(request, url: url, parameters)
        case .payload(let payload):
            do throws(PayloadError) {
                try PayloadReader(function: function, marks: marks, stack: stack).pushArguments(payload)
            } catch {
                let failure = InvocationFailure(.request, error.description)
                run.log.write(failure)
                throw failure
            }
        }
        marks.pushContext(of: invocation, onto: stack)
        return task
    }

    /// The task that runs the function or coroutine that makes the response body.
    func writingTask(for run: Run, _ body: LuaReference) -> ScriptTask {
        let task = ScriptTask(vm.makeThread(), of: run, arguments: 2)
        run.writing = task
        marks.pushWriter(body, onto: task.thread.stack)
        vm.stack.release(body)
        return task
    }

    /// Runs one slice of a task.
    func resume(_ task: ScriptTask, of run: Run, complete: HostFunction?) -> Step {
        scope.running = run
        defer { scope.running = nil }
        vm.setRun(run.invocation?.id ?? "none (the script loads)")
        let arguments = task.arguments
        task.arguments = 0
        return task.thread.resume(
            arguments: arguments, deadline: run.deadline.map { Int64($0.uptimeNanoseconds) }, complete: complete)
    }

    /// What `write` does for the task that waits in it.
    func write(on stack: LuaStack) throws(LuaError) -> Int { try BodyWriter.write(on: stack, scope) }

    /// Gives back the thread of a task that has ended. What its to-be-closed variables print belongs to its run.
    func recycle(_ task: ScriptTask) {
        scope.running = task.run
        defer { scope.running = nil }
        vm.recycle(task.thread)
    }
}
