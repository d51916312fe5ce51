import Lua

/// The tasks that an execution's script has spawned.
final class SpawnedTasks {
    /// The tasks that the script may still join, by number.
    private(set) var byNumber: [Int64: ScriptTask] = [:]
    /// The tasks that have not begun. Some of them may have been cancelled.
    private var fresh: [ScriptTask] = []
    /// The tasks that have ended and can no longer be joined. Their threads are recycled at the end of the slice.
    private var forgotten: [ScriptTask] = []
    /// The tasks that were cancelled in this slice.
    private var cancelled: [ScriptTask] = []
    /// The number of tasks that have not ended. A cancelled task has ended when its variables are closed.
    private(set) var running = 0
    /// The tasks that have failed and were not joined, in the order of their failures, and some that were joined since.
    private var failed: [ScriptTask] = []
    /// The number of failed tasks at which those that were joined are removed.
    private var failedThreshold = errorLimit
    /// The most open errors that are logged, and that are kept of tasks that the script has dropped.
    private static let errorLimit = 64
    /// The number of tasks at which the next search for tasks that the script has dropped takes place.
    private var forgetThreshold = leastForgotten
    private static let leastForgotten = 64

    func add(_ task: ScriptTask) {
        byNumber[task.number] = task
        fresh.append(task)
        running += 1
    }

    func forget(_ task: ScriptTask) {
        guard !task.owesError else { return }
        if byNumber.removeValue(forKey: task.number) != nil { forgotten.append(task) }
    }

    /// Forgets tasks that have ended, if there are many.
    ///
    /// - Parameter isKnown: whether the script holds the task's object.
    func forgetEnded(_ isKnown: (Int64) -> Bool) {
        guard byNumber.count >= forgetThreshold else { return }
        // No code can join these tasks, so the first of their errors suffice for the invocation to fail.
        let lost = failed.filter { $0.owesError && $0.takers == 0 && !isKnown($0.number) }
        for task in lost.dropFirst(Self.errorLimit) { task.owesError = false }
        for task in byNumber.values
        where task.hasEnded && task.takers == 0 && !isKnown(task.number) {
            forget(task)
        }
        // The next search comes soon, because a task keeps its thread until its object is collected.
        forgetThreshold = byNumber.count + max(Self.leastForgotten, byNumber.count / 4)
    }

    // MARK: Ends

    /// Records that a task has returned or failed.
    func end(_ task: ScriptTask) {
        running -= 1
        guard case .failed = task.state else { return }
        if failed.count >= failedThreshold {
            failed.removeAll { !$0.owesError }
            failedThreshold = max(Self.errorLimit, 2 * failed.count)
        }
        task.owesError = true
        failed.append(task)
    }

    /// Records that the thread of a cancelled task has been recycled.
    func endCancelled() { running -= 1 }

    /// Cancels a task, and also the tasks for whose results only this task waits, in `task.all`. They end with the
    /// slice. Does nothing if the task has ended.
    func cancel(_ first: ScriptTask) {
        var pending = [first]
        while let task = pending.popLast() {
            guard !task.hasEnded else { continue }
            if case .waiting(.join(let join)) = task.state, join.returnsList { pending += join.others }
            task.cancel()
            cancelled.append(task)
        }
    }

    func cancelAll() {
        for task in byNumber.values.sorted(by: { $0.number < $1.number }) { cancel(task) }
    }

    /// The first task whose error was not joined. The error no longer counts as open.
    func takeFailed() -> ScriptTask? {
        let task = failed.first(where: \.owesError)
        task?.owesError = false
        return task
    }

    /// The messages of the first errors that were not joined, without running code of the script to make them.
    func takeErrors() -> [String] {
        defer { failed = [] }
        return failed.filter(\.owesError).prefix(Self.errorLimit).map { task in
            let stack = task.thread.stack
            let text = stack.messageText(at: -1) ?? "(error object is a \(stack.type(at: -1).name) value)"
            return "a task that was not joined has failed: \(text)"
        }
    }

    // MARK: At the end of a slice

    /// Whether tasks must be begun or cancelled.
    var hasNews: Bool { !fresh.isEmpty || !cancelled.isEmpty }

    func takeFresh() -> [ScriptTask] {
        defer { fresh = [] }
        return fresh.filter { !$0.isDiscarded }
    }

    func takeForgotten() -> [ScriptTask] {
        defer { forgotten = [] }
        return forgotten
    }

    func takeCancelled() -> [ScriptTask] {
        defer { cancelled = [] }
        return cancelled
    }

    /// Removes and returns all tasks, in the order in which they were spawned.
    func takeAll() -> [ScriptTask] {
        defer { byNumber = [:] }
        fresh = []
        return byNumber.sorted { $0.key < $1.key }.map(\.value) + takeForgotten() + takeCancelled()
    }
}
