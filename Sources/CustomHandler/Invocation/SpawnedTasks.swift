/// The tasks that an execution's script has spawned.
final class SpawnedTasks {
    /// Those that the script may still join, by number.
    private(set) var byNumber: [Int64: ScriptTask] = [:]
    /// Those that have not begun.
    private var fresh: [ScriptTask] = []
    /// Those that have ended and that nobody can join any more. The slice's end gives their threads back.
    private var forgotten: [ScriptTask] = []
    /// The number of tasks at which to look for those that the script has dropped.
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
        // Soon again: a task whose object is not collected yet keeps its thread until then.
        forgetThreshold = byNumber.count + max(Self.leastForgotten, byNumber.count / 4)
    }

    /// Takes a task out, whether it has begun or not.
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

    /// Takes all tasks, in the order in which they were spawned.
    func takeAll() -> [ScriptTask] {
        defer { byNumber = [:] }
        fresh = []
        return byNumber.sorted { $0.key < $1.key }.map(\.value) + takeForgotten()
    }
}
