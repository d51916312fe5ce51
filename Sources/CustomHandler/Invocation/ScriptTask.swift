import Lua

/// One Lua thread of an execution: the handler's own, or that of a spawned task.
final class ScriptTask {
    enum State {
        /// Not begun, or between two slices.
        case ready
        /// Waits for its operation to wake it; `cancel` cancels the operation.
        case waiting(cancel: (() -> Void)?)
        case finished
        /// The error value is on top of its stack.
        case failed(Step.Cause)
    }

    let thread: LuaThread
    /// The number of arguments on the stack for its function; 0 once it has begun.
    var arguments: Int
    var state = State.ready
    /// The joins that wait for its end.
    var joins: [TaskJoin] = []
    /// The number by which the script knows it; 0 for the execution's own task.
    var number: Int64 = 0
    /// The number of joins that will take its results.
    var takers = 0
    /// Nobody waits for it any more; its thread is given back as soon as the VM is free.
    var isDiscarded = false
    let execution: Execution

    init(_ thread: LuaThread, of execution: Execution, arguments: Int) {
        self.thread = thread
        self.execution = execution
        self.arguments = arguments
    }

    var isMain: Bool { execution.main === self }
    var isWriting: Bool { execution.writing === self }
    var isPreparing: Bool { execution.preparing === self }

    /// Cancels its wait and marks it as discarded.
    func discard() {
        if case .waiting(let cancel) = state { cancel?() }
        isDiscarded = true
        // Joins hold the tasks they watch, and so this one.
        joins = []
    }

    var hasEnded: Bool {
        switch state {
        case .finished, .failed: true
        case .ready, .waiting: false
        }
    }
}

/// One task's wait for the end of others: all of them, or the first that fails.
final class TaskJoin {
    let waiter: ScriptTask
    let numbers: [Int64]
    private let others: [ScriptTask]
    private let returnsList: Bool
    /// The number of tasks that have not ended, and the first that failed. Counted, as there may be many thousands:
    /// none may search all others when it ends.
    private var left = 0
    private var failed: ScriptTask?
    /// The waiter's wake-up is queued.
    private var isDone = false

    init(_ waiter: ScriptTask, numbers: [Int64], of execution: Execution, returnsList: Bool) {
        self.waiter = waiter
        self.numbers = numbers
        others = numbers.compactMap { execution.tasks[$0] }
        self.returnsList = returnsList
        for other in others {
            other.takers += 1
            left += 1
            if other.hasEnded { note(other) } else { other.joins.append(self) }
        }
    }

    var hasFailed: Bool { failed != nil }

    /// Notes that one of the tasks has ended.
    func note(_ other: ScriptTask) {
        left -= 1
        if case .failed = other.state, failed == nil { failed = other }
    }

    /// Whether the wait is over. True only once.
    func isOver() -> Bool {
        guard !isDone, hasFailed || left == 0 else { return false }
        isDone = true
        return true
    }

    var results: TaskResults { TaskResults(others, failed: failed, returnsList: returnsList) }
}
