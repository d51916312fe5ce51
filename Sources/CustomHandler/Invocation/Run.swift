import Logging
import Lua
import NIOCore

/// One invocation on its way, or the loading of a script, from its first slice to its outcome.
final class Run {
    enum Purpose {
        case loading
        case invocation(Invocation)
    }

    let purpose: Purpose
    let machine: FunctionVM
    /// nil for no limit.
    let deadline: NIODeadline?
    var log: InvocationLog
    /// Takes the outcome, once.
    private var end: ((Outcome) -> Void)?
    /// Ends the run if its deadline comes while it waits.
    var timer: Scheduled<Void>?
    /// The handler's own thread, until the run has ended.
    var main: ScriptTask?
    /// The tasks it spawned and still knows, by their numbers.
    var tasks: [Int64: ScriptTask] = [:]
    private var lastTask: Int64 = 0
    /// Spawned, but not begun.
    var spawned: [ScriptTask] = []

    init(
        _ purpose: Purpose, on machine: FunctionVM, deadline: NIODeadline?, logger: Logger,
        end: @escaping (Outcome) -> Void
    ) {
        self.purpose = purpose
        self.machine = machine
        self.deadline = deadline
        self.end = end
        log = InvocationLog(logger: logger)
    }

    var invocation: Invocation? { if case .invocation(let invocation) = purpose { invocation } else { nil } }

    var hasEnded: Bool { end == nil }

    /// Tells the outcome; only the first one counts.
    func end(_ outcome: Outcome) {
        timer?.cancel()
        end?(outcome)
        end = nil
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
    let run: Run

    init(_ thread: LuaThread, of run: Run, arguments: Int) {
        self.thread = thread
        self.run = run
        self.arguments = arguments
    }

    var isMain: Bool { run.main === self }

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
}
