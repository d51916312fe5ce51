/// A task's wait for the end of other tasks: of all of them, or of the first that fails.
final class TaskJoin {
    let waiter: ScriptTask
    let others: [ScriptTask]
    let returnsList: Bool
    /// The number of tasks that have not ended, and the first one that failed. They are counted because there may be
    /// many thousands, and no task that ends should search all others.
    private var left = 0
    private var failed: ScriptTask?
    /// Whether the wake-up of the waiting task is queued, or the task no longer waits.
    private var isDone = false

    init(_ waiter: ScriptTask, numbers: [Int64], of execution: Execution, returnsList: Bool) {
        self.waiter = waiter
        others = numbers.compactMap { execution.task($0) }
        self.returnsList = returnsList
        for other in others {
            other.takers += 1
            left += 1
            if other.hasEnded { note(other) } else { other.joins.append(self) }
        }
    }

    var hasFailed: Bool { failed != nil }

    /// Records that one of the tasks has ended.
    func note(_ other: ScriptTask) {
        left -= 1
        if case .failed = other.state, failed == nil { failed = other }
    }

    /// Whether the wait is over. It returns true only once.
    func isOver() -> Bool {
        guard !isDone, hasFailed || left == 0 else { return false }
        isDone = true
        return true
    }

    /// Ends the wait of a task that was cancelled or discarded.
    func abandon() {
        isDone = true
        results.letGo()
    }

    var results: TaskResults { TaskResults(others, failed: failed, returnsList: returnsList) }
}
