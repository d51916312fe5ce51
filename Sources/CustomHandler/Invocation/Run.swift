import Logging
import Lua
import NIOCore

/// One invocation on its way, or the loading of a script, from its first slice to its outcome.
final class Run {
    /// nil where the script is loaded.
    let invocation: Invocation?
    let machine: FunctionVM
    /// How long it may go on without writing a piece of its response; nil for no limit.
    let limit: TimeAmount?
    private(set) var deadline: NIODeadline?
    var log: InvocationLog
    /// Takes the outcome, once.
    private var reply: ((Outcome) -> Void)?
    private(set) var hasEnded = false
    let body: ResponseBody
    /// Of the response whose body is on its way, until it is sent.
    private var head: Response?
    /// Ends the run if its deadline comes while it waits.
    var timer: Scheduled<Void>?
    /// The handler's own thread, until the run has ended.
    var main: ScriptTask?
    /// The thread that writes the response body, once the handler has returned.
    var writing: ScriptTask?
    /// The tasks it spawned and still knows, by their numbers.
    var tasks: [Int64: ScriptTask] = [:]
    private var lastTask: Int64 = 0
    /// Spawned, but not begun.
    var spawned: [ScriptTask] = []

    init(
        _ invocation: Invocation?, on machine: FunctionVM, limit: TimeAmount?, deadline: NIODeadline?, logger: Logger,
        caller: (any Caller)? = nil, answer: @escaping (Outcome) -> Void
    ) {
        self.invocation = invocation
        self.machine = machine
        self.limit = limit
        self.deadline = deadline
        reply = answer
        body = ResponseBody(caller)
        log = InvocationLog(logger: logger, invocationID: invocation?.id)
    }

    /// Gives the run its whole time again: a limit is one of silence for whoever streams.
    func extendDeadline() {
        guard let limit else { return }
        deadline = .now() + limit
    }

    /// The body is on its way from now on. The head waits for its first piece: until then, a failure is a response of
    /// its own.
    func begin(_ head: Response?) {
        body.begin()
        self.head = head
    }

    /// Sends the head before the body, if it is not sent yet.
    func sendHead() {
        guard let head else { return }
        self.head = nil
        tell(.response(head))
    }

    /// Nothing of the run goes on.
    func close() {
        hasEnded = true
        timer?.cancel()
    }

    /// Tells the outcome, or ends the body. Only the first one counts.
    func answer(_ outcome: Outcome) {
        let isComplete = if case .failed = outcome { false } else { true }
        if isComplete { sendHead() }
        body.end(isComplete: isComplete, hasHead: head == nil)
        tell(outcome)
    }

    /// The reply may come back to this very run, so it is forgotten first.
    private func tell(_ outcome: Outcome) {
        let told = reply
        reply = nil
        told?(outcome)
    }

    /// Notes a task and answers its number.
    func add(_ task: ScriptTask) -> Int64 {
        lastTask += 1
        tasks[lastTask] = task
        spawned.append(task)
        return lastTask
    }
}

/// One Lua thread of a run: the handler's own, or that of a task it spawned.
final class ScriptTask {
    enum State {
        /// Not begun, or its slice is over.
        case ready
        /// Until its operation wakes it; the function cancels the operation.
        case waiting(cancel: (() -> Void)?)
        case finished
        /// The error value is on top of its stack.
        case failed(Step.Cause)
    }

    let thread: LuaThread
    /// Values on the stack for its function; 0 once it has begun.
    var arguments: Int
    var state = State.ready
    /// Called when it has finished or failed.
    var watchers: [() -> Void] = []
    /// Nobody waits for it any more: its thread is given back as soon as the VM is free.
    var isDiscarded = false
    let run: Run

    init(_ thread: LuaThread, of run: Run, arguments: Int) {
        self.thread = thread
        self.run = run
        self.arguments = arguments
    }

    var isMain: Bool { run.main === self }
    var isWriting: Bool { run.writing === self }

    var hasEnded: Bool {
        switch state {
        case .finished, .failed: true
        case .ready, .waiting: false
        }
    }
}

/// What a function of luafunc's modules waits for.
enum Wait: Operation {
    case sleep(TimeAmount)
    /// All of these tasks, or the first of them that fails.
    case tasks([Int64], returnsList: Bool)
    case http(OutboundRequest)
    /// Until the caller takes more of the response body.
    case room
}
