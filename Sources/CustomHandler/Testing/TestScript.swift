import EventLoop
import FunctionsModel
import Lua

/// A test file on its worker: its own VM, the tests that it has registered, and the one that runs.
final class TestScript {
    let file: String
    private(set) var names: [String] = []
    private var bodies: [LuaReference] = []
    /// The metatables of a message, which is a recorded request or a response, and of its headers, and the table of the
    /// file's globals.
    var marks: (headers: LuaReference, message: LuaReference, globals: LuaReference)?
    private let scheduler: Scheduler
    private let pool: FunctionPool
    let bench: TestBench
    private let limit: Duration
    private let globals: TestGlobals
    private(set) var vm: FunctionVM?
    private var run: Run?
    /// What tasks wait for outside of the scheduler, by number: what begins it, then what ends it.
    private var beginnings: [Int: () -> Void] = [:]
    private var ends: [Int: (@escaping HostFunction) -> Void] = [:]
    private var lastWait = 0
    /// The number of waits outside that have not ended. A test ends after them.
    private var underWay = 0
    /// The number of parts that have begun.
    private var runs = 0
    /// The settings before the file ran, and those that its top level has left for every test.
    let environment: [String: String]
    private var lastingEnvironment: [String: String]?
    /// What the settings take that the file has made: those of its top level, and those of the test that runs.
    var heldEnvironment: HeldBytes?
    private var lastingSize = 0

    /// A part of the file that runs: its top level, or a test.
    private struct Run {
        let execution: Execution
        let isTest: Bool
        let end: (TestEnd) -> Void
        let timer: Timer
        var reason: TestEnd.Reason?
        /// Faults that fail the test although its code does not notice them.
        var faults: [InvocationFailure] = []
        var logs: [String] = []
        var logBytes = 0
    }

    /// How much longer a test may take than the functions that it calls, so that it can still say which one did not end.
    private static let grace = Duration.milliseconds(500)
    /// The largest size of the lines that are kept of one test.
    private static let logLimit = 1 << 20

    /// - Parameters:
    ///   - limit: the real time that each part may take.
    ///   - globals: adds the globals of a higher floor.
    init(
        _ file: String, on scheduler: Scheduler, _ bench: TestBench, limit: Duration,
        globals: @escaping TestGlobals
    ) {
        self.file = file
        self.scheduler = scheduler
        self.bench = bench
        self.limit = limit
        self.globals = globals
        environment = bench.environment
        bench.testLimit = Deadline.Limit(limit, .test)
        let pool = scheduler.makePool(Function(test: file), of: scheduler.app)
        pool.timeLimit = bench.testLimit
        self.pool = pool
        pool.test = self
        bench.logged = { [weak self] in self?.note($0, $1) }
        bench.stubs.missed = { [weak self] in self?.miss($0, $1) }
    }

    /// Gives the file's VM its globals.
    func install(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        try TestPrelude.install(stack, self, scope)
        try globals(stack, TestBorder(script: self))
    }

    // MARK: Running

    /// Runs the file's top level, which registers the tests.
    func load(end: @escaping (TestEnd) -> Void) {
        do throws(InvocationFailure) {
            let vm = try FunctionVM(pool: pool, options: scheduler.options)
            vm.isBusy = false
            // The file itself counts as active, so that its VM is never cleared.
            vm.active += 1
            self.vm = vm
            let execution = begin(on: vm, isTest: false) { [self] in
                bench.stubs.keepPresent()
                lastingEnvironment = bench.environment
                lastingSize = heldEnvironment?.count ?? 0
                end($0)
            }
            do throws(InvocationFailure) {
                scheduler.queue.enqueue(.advance(try vm.loadingTask(for: execution)))
            } catch {
                scheduler.finish(execution, .failed(error))
            }
        } catch {
            end(TestEnd(reason: .failed(error), logs: []))
        }
    }

    /// Runs a test.
    func run(_ number: Int, end: @escaping (TestEnd) -> Void) {
        guard let vm, bodies.indices.contains(number) else { return end(TestEnd(reason: .passed, logs: [])) }
        if vm.lua.memoryUsed > vm.lua.memoryLimit / 2 { vm.lua.collectGarbage() }
        let execution = begin(on: vm, isTest: true, end: end)
        start(bodies[number], in: execution) { _ in 0 }
    }

    /// Runs a function of the file as a part of its own, beside the test.
    ///
    /// - Parameters:
    ///   - push: pushes the arguments.
    ///   - end: gets the outcome, and the stack with the function's first result on top.
    func call(
        _ function: LuaReference, _ push: (LuaStack) -> Int, end: @escaping (Outcome, LuaStack) -> Void
    ) {
        guard let vm else { return }
        let execution = Execution(nil, on: vm, deadline: Deadline(Deadline.Limit(nil, .test)))
        execution.codeDeadline = bench.codeDeadline
        vm.active += 1
        let stack = start(function, in: execution, push)
        execution.ended = { end($0, stack) }
    }

    @discardableResult
    private func start(_ function: LuaReference, in execution: Execution, _ push: (LuaStack) -> Int) -> LuaStack {
        let task = ScriptTask(.script, execution.vm.lua.makeThread(), of: execution, arguments: 0)
        execution.main = task
        task.thread.stack.push(function)
        task.arguments = push(task.thread.stack)
        scheduler.queue.enqueue(.advance(task))
        return task.thread.stack
    }

    /// Gives the message on top its methods. [0]
    func equip(_ stack: LuaStack) {
        guard let marks else { return }
        stack.pushField("headers", of: -1)
        stack.setMetatable(at: -1, marks.headers)
        stack.pop()
        stack.setMetatable(at: -1, marks.message)
    }

    private func begin(on vm: FunctionVM, isTest: Bool, end: @escaping (TestEnd) -> Void) -> Execution {
        // The time of a test is real, because the fake clock stands still in an endless loop.
        let execution = Execution(nil, on: vm, deadline: Deadline(Deadline.Limit(nil, .test)))
        bench.codeDeadline = bench.testLimit.end(from: .now).nanoseconds
        execution.codeDeadline = (MonotonicTime(nanoseconds: bench.codeDeadline) + Self.grace).nanoseconds
        vm.active += 1
        vm.lua.forgetRefusals()
        execution.ended = { [unowned self] in ended($0) }
        runs += 1
        // Timers fire before the loop polls, so the work is only queued here.
        let timer = scheduler.loop.schedule(after: limit + Self.grace) { [unowned self] in
            scheduler.loop.perform { [weak self] in self?.expire(execution) }
        }
        run = Run(execution: execution, isTest: isTest, end: end, timer: timer)
        return execution
    }

    private func expire(_ execution: Execution) {
        let isCurrent = run?.execution === execution
        guard !execution.hasEnded else {
            // Only functions that the test has called still run.
            if isCurrent { settle(mayWait: false) }
            return
        }
        let failure = InvocationFailure(
            .limit, bench.testLimit.message(for: pool.function), traceback: traceback)
        scheduler.finish(execution, .failed(failure))
        guard isCurrent else { return }
        // What the part has called may wait for ever, and the timer does not fire again.
        scheduler.loop.perform { [weak self] in
            if let self, run?.execution === execution { settle(mayWait: false) }
        }
    }

    private func ended(_ outcome: Outcome) {
        guard run != nil else { return }
        if case .failed(let failure) = outcome, run?.reason == nil { run?.reason = .failed(failure) }
        scheduler.loop.perform { [self] in settle(mayWait: true) }
    }

    /// Ends the part that runs, once its code and everything that it has called have ended.
    private func settle(mayWait: Bool) {
        guard let ending = run, ending.execution.hasEnded, !mayWait || underWay == 0 else { return }
        ending.timer.close()
        run = nil
        beginnings = [:]
        ends = [:]
        underWay = 0
        if ending.isTest {
            bench.stubs.reset(vm?.lua.stack)
            bench.environment = lastingEnvironment ?? environment
            heldEnvironment?.set(lastingSize)
        }
        var reason = ending.reason ?? .passed
        if let fault = ending.faults.first {
            switch reason {
            case .passed: reason = .failed(fault)
            // The fault is probably the cause.
            case .failed(var failure) where failure.message != fault.message:
                failure.message += "\n\(fault.message)"
                reason = .failed(failure)
            default: break
            }
        }
        ending.end(TestEnd(reason: reason, logs: ending.logs))
    }

    /// Frees the VM. Nothing of the file runs afterwards.
    func close() {
        run?.timer.close()
        run = nil
        bench.clock.close()
        bench.stubs.removeAll(vm?.lua.stack)
        pool.test = nil
        vm = nil
    }

    // MARK: What a test says

    func register(_ stack: LuaStack) throws(LuaError) {
        guard run?.isTest == false else {
            throw .message("test(…) registers a test while the file loads; it cannot be called in a test")
        }
        let name = stack.string(at: 1, upTo: 1000) ?? ""
        guard !names.contains(name) else {
            throw .message("the file has two tests named '\(name)'; give each test a name of its own")
        }
        stack.pushValue(at: 2)
        names.append(name)
        bodies.append(stack.reference())
    }

    func skip(on stack: LuaStack) -> Int {
        let reason = stack.isNil(at: 1) ? "" : stack.messageText(at: 1) ?? ""
        return end(.skipped(reason), on: stack)
    }

    /// Implements `os.exit`, which ends the file like a program, as test frameworks do.
    func exit(on stack: LuaStack) -> Int {
        let code =
            stack.isNil(at: 1)
            ? 0 : stack.type(at: 1) == .boolean ? (stack.boolean(at: 1) ? 0 : 1) : stack.integer(at: 1) ?? 1
        guard run?.isTest == false else {
            return end(
                .failed(
                    InvocationFailure(
                        .function, "os.exit(\(code)) was called in a test, which ends when it returns",
                        traceback: traceback)), on: stack)
        }
        return end(.exited(code: Int(code)), on: stack)
    }

    /// Ends the part that runs, also inside `pcall`.
    private func end(_ reason: TestEnd.Reason, on stack: LuaStack) -> Int {
        wait(on: stack) { [self] _ in
            guard let execution = run?.execution else { return }
            if run?.reason == nil { run?.reason = reason }
            scheduler.loop.perform { [self] in scheduler.finish(execution, .complete) }
        }
    }

    // MARK: Logs and faults

    private func note(_ vm: FunctionVM, _ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let source = vm === self.vm ? "" : "\(vm.function.name): "
        for line in lines {
            guard let bytes = run?.logBytes, bytes <= Self.logLimit else { return }
            run?.logBytes += line.utf8.count + source.utf8.count + 1
            run?.logs.append(
                bytes + line.utf8.count <= Self.logLimit ? source + line : "further lines are not kept (1 MB)")
        }
    }

    /// Fails the test that runs, whatever its code does.
    func fault(_ failure: InvocationFailure) { run?.faults.append(failure) }

    /// The active calls of the part that runs.
    private var traceback: [String] { run?.execution.main?.thread.traceback ?? [] }

    /// The file and the line of the innermost call in a script, as the beginning of a message; empty if there is none.
    static func place(_ traceback: [String]) -> String {
        guard let call = traceback.first(where: { !$0.hasPrefix("[C]") }), let end = call.firstRange(of: ": ") else {
            return ""
        }
        return String(call[..<end.upperBound])
    }

    private func miss(_ request: StubbedRequest, _ sender: String) {
        // `jwt` sends its requests in the name of no function.
        let isFunction = scheduler.app.functions[sender] != nil
        let who = sender == pool.function.name ? "the test" : isFunction ? "function '\(sender)'" : "jwt"
        fault(
            InvocationFailure(
                .function,
                "\(who) sent \(request.text), for which the test has no stub; add one before: "
                    + "stub.http(\"\(request.text)\", { status = 200, body = … })", traceback: traceback))
    }

    // MARK: Waiting

    /// Makes the calling task wait. A Swift function called from Lua must return the result of this call.
    ///
    /// - Parameter begin: begins what the task waits for, with the number for `complete`.
    func wait(on stack: LuaStack, _ begin: @escaping (Int) -> Void) -> Int {
        lastWait += 1
        let number = lastWait
        beginnings[number] = { begin(number) }
        return stack.wait(for: Wait.outside(number))
    }

    /// The scheduler calls this for a task that now waits.
    func begin(_ number: Int, _ task: ScriptTask, end: @escaping (@escaping HostFunction) -> Void) {
        ends[number] = end
        beginnings.removeValue(forKey: number)?()
    }

    /// Counts something that the test has called and that goes on even if the calling task ends. Returns what `leave`
    /// needs.
    func enter() -> Int {
        underWay += 1
        return runs
    }

    /// Ends the wait. `push` pushes the results.
    func complete(_ number: Int, _ push: @escaping HostFunction) {
        guard let end = ends.removeValue(forKey: number) else { return }
        end(push)
    }

    func leave(_ entered: Int) {
        guard entered == runs, underWay > 0 else { return }
        underWay -= 1
        scheduler.loop.perform { [self] in settle(mayWait: true) }
    }
}
