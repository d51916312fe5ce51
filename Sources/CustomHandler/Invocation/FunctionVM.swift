import EventLoop
import FunctionsModel
import HTTP
import Log
import Lua

/// A Lua VM that runs one function.
final class FunctionVM {
    let function: Function
    let lua: LuaVM
    let pool: FunctionPool
    let metatables: Metatables
    let scope: Scope
    /// The script.
    let text: [UInt8]
    /// The function that the script returned, and how many of the three arguments it takes; nil until the script is
    /// loaded.
    var handler: (function: LuaReference, parameters: Int)?
    /// The Lua functions that read a long payload and write a long table of a response. They are made on first use.
    var payloadReader: LuaReference?
    var preparer: LuaReference?

    /// Whether a task of this VM is in the middle of a slice, or the script is still loading.
    var isBusy = true
    /// Work that runs when the VM is free again.
    var waiting = RingBuffer<Continuation>()
    /// Whether the VM is in the scheduler's queue.
    var isQueued = false
    /// The number of the task spawned last.
    var lastTask: Int64 = 0
    /// The number of the request sent last.
    var lastCall: Int64 = 0
    /// The number of invocations that have begun in this VM and not ended.
    var active = 0
    /// Whether an invocation has reached its memory or time limit, so that it may have left much garbage.
    var reachedLimit = false
    /// The size in bytes above which the VM is collected before it goes idle.
    private var idleSize = FunctionVM.leastIdleSize
    static let leastIdleSize = 4 << 20
    var isLarge: Bool { lua.memoryUsed > idleSize }

    /// Sets the idle size after a collection. The next collection then comes only when as much memory has been added as
    /// is in use now.
    func noteSize() {
        reachedLimit = false
        // This is far enough below the limit that no invocation begins close to it because of another invocation's
        // garbage.
        let most = max(lua.memoryLimit / 2, lua.memoryUsed + lua.memoryLimit / 8)
        idleSize = min(2 * lua.memoryUsed + Self.leastIdleSize, most)
    }

    /// The files on which the loaded code depends; nil if they have not changed since the last call.
    func takeNewSources() -> Set<String>? {
        guard scope.hasLooked else { return nil }
        scope.hasLooked = false
        return scope.lookedFor.union([function.script, function.file])
    }

    /// The text of the script or of a file that `require` has looked for; nil for any other file.
    func sourceText(of file: String) -> [UInt8]? {
        if file == function.script { return text }
        if let text = pool.prompt?.text(of: file) { return text }
        return scope.lookedFor.contains(file) ? try? pool.files.text(of: file) : nil
    }

    /// luafunc's modules that scripts have opened.
    var modules: [String: LuaReference] { scope.modules }
    var isLoaded: Bool { handler != nil }
    /// The execution whose code runs now.
    var running: Execution? { scope.running }
    var logger: Logger { scope.logger }

    /// The state that the VM's Swift functions share: the execution whose code runs, and the files that the functions
    /// may read.
    final class Scope {
        private let pool: FunctionPool
        var function: Function { pool.function }
        var files: AppFiles { pool.files }
        var clock: WorkerClock { pool.clock }
        let logger: Logger
        /// In bytes.
        let memoryLimit: Int
        /// Whether the Functions host itself, and not its stand-in, sends the requests.
        let isBehindHost: Bool
        /// Whether the host or its stand-in sends the requests, so that the `X-Forwarded-` headers of a proxied request are
        /// theirs.
        let isBehindProxy: Bool
        /// The execution whose Lua code runs now.
        var running: Execution?
        var metatables: Metatables?
        /// The opened modules of luafunc, by name, so that a script gets the same table every time.
        var modules: [String: LuaReference] = [:]
        /// The files that `require` has looked for, whether they exist or not.
        var lookedFor: Set<String> = [] { didSet { hasLooked = true } }
        /// Whether `lookedFor` has changed since the last call of `takeNewSources`.
        var hasLooked = true
        /// The methods of a request. Made on first use.
        var requestMethods: LuaReference?
        /// The function `context.deadline`. Made on first use.
        var deadline: LuaReference?
        /// The keys that the script has used. Made on first use.
        var keys: KeyCache?
        /// The key sets of token issuers.
        var keySets: KeySets? { pool.keySets }
        var streams: LoopStreams? { pool.streams }

        init(pool: FunctionPool, logger: Logger, memoryLimit: Int, callers: CallerCheck) {
            self.memoryLimit = memoryLimit
            isBehindHost = callers.isOfHost
            isBehindProxy = !callers.isOpen
            self.pool = pool
            self.logger = logger
        }

        /// Logs the text at `index`, up to the size limit of a message.
        func write(_ level: LogLevel, at index: Int, of stack: LuaStack) {
            running?.write(level, text(at: index, of: stack))
        }

        /// Logs the text at `index` for `print`.
        func print(_ level: LogLevel, at index: Int, of stack: LuaStack) {
            running?.print(level, text(at: index, of: stack))
        }

        private func text(at index: Int, of stack: LuaStack) -> String {
            stack.string(at: index, upTo: Logger.messageLimit + 1) ?? ""
        }

        /// Records a file that `require` looks for. The number is limited, because a script may ask for any number of
        /// files that do not exist.
        func note(_ file: String) { if lookedFor.count < AppFiles.knownLimit { lookedFor.insert(file) } }

        /// Records a data file that the script reads while it is loaded: another version may lead to another handler.
        /// What an invocation reads is read again by the next one.
        ///
        /// - Parameter version: nil if the file is missing.
        func noteData(_ file: String, version: String?) {
            guard let running, running.invocation == nil else { return }
            files.note(version, of: file)
            note(file)
        }
    }

    /// Makes the VM without loading the script.
    init(
        pool: FunctionPool, options: InvocationOptions
    ) throws(InvocationFailure) {
        let function = pool.function
        self.function = function
        self.pool = pool
        let scope = Scope(
            pool: pool, logger: options.logger(for: function),
            memoryLimit: function.limits.memory ?? options.memoryLimit, callers: options.callerCheck)
        self.scope = scope
        do throws(Problem) {
            text = try pool.files.text(of: function.script)
        } catch {
            throw InvocationFailure(.function, error.description)
        }
        do throws(LuaFailure) {
            lua = try LuaVM(
                memoryLimit: scope.memoryLimit,
                sandbox: Sandbox(
                    write: { stack throws(LuaError) in
                        scope.print(LogLevel(at: 1, of: stack), at: 2, of: stack)
                        return 0
                    },
                    output: { stack throws(LuaError) in
                        try scope.running.map { execution throws(LuaError) in
                            try Execution.output(on: stack, of: execution)
                        } ?? 0
                    },
                    find: { stack throws(LuaError) in try Modules.find(on: stack, scope) }),
                lines: options.lines)
            metatables = try Metatables(lua.stack, scope)
            try FileHandles.install(lua.stack, scope)
        } catch {
            throw InvocationFailure(.function, error.message)
        }
        scope.metatables = metatables
        lua.setLabel("luafunc: function \(function.name), invocation")
        if let bench = pool.bench { try prepare(for: bench) }
    }

    private func prepare(for bench: TestBench) throws(InvocationFailure) {
        do throws(LuaError) {
            try bench.prepare(self)
            try pool.test?.install(lua.stack, scope)
        } catch {
            throw InvocationFailure(.limit, "not enough memory for a Lua VM")
        }
    }

    // MARK: Tasks

    /// The task that runs the script's top level.
    func loadingTask(for execution: Execution) throws(InvocationFailure) -> ScriptTask {
        let task = ScriptTask(.script, lua.makeThread(), of: execution, arguments: 0)
        execution.main = task
        let text = text
        do throws(LuaFailure) {
            try task.thread.stack.load(text.span.bytes, name: "@\(function.script)")
        } catch {
            throw InvocationFailure(.function, advice.extend(error.message, of: nil))
        }
        return task
    }

    /// The task that runs the handler with its arguments, or the task that must first read them.
    func task(for execution: Execution, _ invocation: Invocation) throws(InvocationFailure) -> ScriptTask {
        lua.setDeadline(execution.codeDeadline)
        lua.forgetRefusals()
        return try invocation.wire.read(invocation, for: execution, on: self)
    }

    var takesMetadata: Bool { handler.map { $0.parameters > 1 } ?? true }

    /// The task that runs the handler with the arguments that it takes.
    func handlerTask(for execution: Execution) -> ScriptTask {
        let task = ScriptTask(.handler, lua.makeThread(), of: execution, arguments: max(1, handler?.parameters ?? 3))
        execution.main = task
        if let handler { task.thread.stack.push(handler.function) }
        return task
    }

    /// Pushes `context` if the handler takes it. [+1 or 0]
    func pushContext(of invocation: Invocation, onto stack: LuaStack) {
        if let handler, handler.parameters < 3 { return }
        metatables.context.push(of: invocation, onto: stack)
    }

    func tooLarge(_ invocation: Invocation, _ execution: Execution) -> InvocationFailure {
        reachedLimit = true
        let failure = InvocationFailure(
            .limit,
            "not enough memory: the request takes more than the function's \(ByteCount.text(lua.memoryLimit)); raise it with "
                + function.places(ofLimit: "memoryLimit", option: "--memory-limit"))
        execution.write(failure)
        return failure
    }

    /// The task that runs the function or coroutine that produces the response body.
    func bodyTask(for execution: Execution, _ body: LuaReference) -> ScriptTask {
        let task = ScriptTask(.body, lua.makeThread(), of: execution, arguments: 2)
        execution.writing = task
        metatables.pushWriter(body, onto: task.thread.stack)
        lua.stack.release(body)
        return task
    }

    /// Runs one slice of a task.
    func resume(_ task: ScriptTask) -> Step {
        let execution = task.execution
        scope.running = execution
        defer { scope.running = nil }
        if let invocation = execution.invocation {
            invocation.withID { lua.setRun($0) }
        } else {
            lua.setRun("none (the script loads)")
        }
        let arguments = task.arguments
        task.arguments = 0
        var complete: HostFunction?
        if let completion = task.completion.take() {
            complete = { [self] stack throws(LuaError) in try completion.push(onto: stack, of: self) }
        }
        return task.thread.resume(arguments: arguments, deadline: execution.codeDeadline, complete: complete)
    }

    /// Completes the call in which a task waits for a file.
    func push(_ reply: FileReply, onto stack: LuaStack) throws(LuaError) -> Int {
        try reply.push(onto: stack, scope)
    }

    /// Completes the call of `write` in which a task waits.
    func write(on stack: LuaStack) throws(LuaError) -> Int { try BodyWriter.write(on: stack, scope) }

    /// Completes the call of one of `http`'s functions in which a task waits.
    func perform(_ step: OutboundStep, on stack: LuaStack) throws(LuaError) -> Int {
        try step.perform(on: stack, scope)
    }

    /// Recycles the thread of a task that has ended or that is no longer needed. What its to-be-closed variables print
    /// is logged for its execution.
    func giveBack(_ task: ScriptTask) {
        guard !task.isClosed else { return }
        task.isClosed = true
        if case .failed(let cause) = task.state, cause.isFinal { return lua.abandon(task.thread) }
        scope.running = task.execution
        defer { scope.running = nil }
        lua.recycle(task.thread, &task.execution.closingTime)
    }

    /// Recycles the thread of the task that has read the payload or written a table.
    func giveBackPreparing(of execution: Execution) {
        if let task = execution.preparation?.task.take() { giveBack(task) }
    }
}

extension LogLevel {
    /// The level named by the string at `index`; `info` for anything else. [0]
    init(at index: Int, of stack: LuaStack) {
        self = stack.string(at: index).flatMap { LogLevel(rawValue: $0) } ?? .info
    }
}
