import Lua

/// The results of ended tasks, for the task that waited for them.
struct TaskResults {
    private let tasks: [ScriptTask]
    private let failed: ScriptTask?
    private let returnsList: Bool

    init(_ tasks: [ScriptTask], failed: ScriptTask?, returnsList: Bool) {
        self.tasks = tasks
        self.failed = failed
        self.returnsList = returnsList
    }

    /// Pushes all results of a single task, or a list of the first results of several tasks. If a task failed, it
    /// raises that task's error.
    func push(onto stack: LuaStack) throws(LuaError) -> Int {
        defer { letGo() }
        // The errors of the other tasks are not raised, but one error stands for all.
        for task in tasks { task.owesError = false }
        if let failed {
            stack.copyValue(at: -1, of: failed.thread.stack)
            throw .value
        }
        guard returnsList else {
            guard let task = tasks.first else { return 0 }
            if task.isCancelled {
                stack.pushNil()
                stack.push("the task was cancelled" as StaticString)
                stack.push("cancelled" as StaticString)
                return 3
            }
            let results = task.thread.stack
            // Two more places are for code that raises an error on this stack.
            guard stack.reserve(results.count + 2) else { throw .message("the task returned too many results") }
            for index in 0..<results.count { stack.copyValue(at: index + 1, of: results) }
            return results.count
        }
        stack.pushTable(array: tasks.count)
        for (position, task) in tasks.enumerated() {
            if task.isCancelled || task.thread.stack.count == 0 { continue }
            stack.copyValue(at: 1, of: task.thread.stack)
            stack.setElement(position + 1, of: -2)
        }
        return 1
    }

    /// Forgets the tasks of a list that have ended. A list can be joined only once, because the script has no other
    /// reference to its tasks.
    func letGo() {
        for task in tasks {
            task.takers -= 1
            if returnsList, task.hasEnded, task.takers == 0 { task.execution.spawned?.forget(task) }
        }
    }
}
