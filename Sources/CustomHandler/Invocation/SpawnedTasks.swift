/// The tasks that an execution's script has spawned.
final class SpawnedTasks {
    /// The tasks that the script may still join, by number.
    private(set) var byNumber: [Int64: ScriptTask] = [:]
    /// The tasks that have not begun.
    private var fresh: [ScriptTask] = []
    /// The tasks that have ended and can no longer be joined. Their threads are recycled at the end of the slice.
    private var forgotten: [ScriptTask] = []
    /// The number of tasks at which the next search for tasks that the script has dropped takes place.
    private var forgetThreshold = leastForgotten
    private static let leastForgotten = 64

    func add(_ task: ScriptTask) {
        byNumber[task.number] = task
        fresh.append(task)
    }

    func forget(_ task: ScriptTask) {
        if byNumber.removeValue(forKey: task.number) != nil { forgotten.append(task) }
    }

    /// Forgets tasks that have ended, if there are many.
    ///
    /// - Parameter isKnown: whether the script holds the task's object.
    func forgetEnded(_ isKnown: (Int64) -> Bool) {
        guard byNumber.count >= forgetThreshold else { return }
        for task in byNumber.values where task.hasEnded && task.takers == 0 && !isKnown(task.number) { forget(task) }
        // The next search comes soon, because a task keeps its thread until its object is collected.
        forgetThreshold = byNumber.count + max(Self.leastForgotten, byNumber.count / 4)
    }

    /// Removes a task, whether it has begun or not.
    func remove(_ number: Int64) -> ScriptTask? {
        guard let task = byNumber.removeValue(forKey: number) else { return nil }
        fresh.removeAll { $0 === task }
        return task
    }

    func takeFresh() -> [ScriptTask] {
        defer { fresh = [] }
        return fresh
    }

    func takeForgotten() -> [ScriptTask] {
        defer { forgotten = [] }
        return forgotten
    }

    /// Removes and returns all tasks, in the order in which they were spawned.
    func takeAll() -> [ScriptTask] {
        defer { byNumber = [:] }
        fresh = []
        return byNumber.sorted { $0.key < $1.key }.map(\.value) + takeForgotten()
    }
}
