import EventLoop
import Lua

/// What tasks wait for, and how they go on.
extension Scheduler {
    func wait(_ task: ScriptTask, for operation: any Operation) {
        let execution = task.execution
        if execution.timer == nil, !execution.deadline.isNever { startTimer(of: execution) }
        task.state = .waiting(.others)
        switch operation as? Wait {
        case .sleep(let time):
            // Timers fire before the loop polls, so nothing may run in them.
            let timer = loop.schedule(after: time) { [weak self] in
                if task.goesOn(with: .slept) { self?.queue.enqueue(.advance(task)) }
            }
            task.state = .waiting(.timer(timer))
        case .tasks(let numbers, let returnsList):
            check(TaskJoin(task, numbers: numbers, of: execution, returnsList: returnsList))
        case .http(let request):
            let call = outbound.send(request, of: execution.vm.lua) { [weak self] reply in
                self?.wake(task, .replied(reply))
            }
            task.state = .waiting(.reply(call))
        case .room:
            execution.body?.whenRoom(task) { [weak self] in self?.wake($0, .writes) }
        case nil:
            wake(task, .unknown)
        }
    }

    /// Called from a callback of the loop, or from the queue.
    private func wake(_ task: ScriptTask, _ completion: Completion) {
        if task.goesOn(with: completion) { queue.perform(.advance(task)) }
    }

    func beginSpawned(_ execution: Execution) {
        for task in execution.takeForgotten() { discard(task) }
        for task in execution.takeSpawned() { queue.enqueue(.advance(task)) }
    }

    func tellJoins(of task: ScriptTask) {
        for join in task.joins {
            join.note(task)
            check(join)
        }
        task.joins = []
    }

    /// Wakes the waiting task if the others have ended or one has failed.
    private func check(_ join: TaskJoin) { if join.isOver() { queue.enqueue(.joined(join)) } }

    func finish(_ join: TaskJoin) {
        wake(join.waiter, .joined(join.results))
        guard join.hasFailed else { return }
        for number in join.numbers { cancel(number, of: join.waiter.execution) }
    }

    private func cancel(_ number: Int64, of execution: Execution) {
        guard let task = execution.tasks[number] else { return }
        execution.tasks[number] = nil
        execution.spawned.removeAll { $0 === task }
        discard(task)
    }

    private func discard(_ task: ScriptTask) {
        task.discard()
        queue.perform(.discard(task))
    }
}
