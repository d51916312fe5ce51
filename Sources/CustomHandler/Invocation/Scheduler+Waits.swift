import EventLoop
import Lua

/// Lets tasks wait and continues them.
extension Scheduler {
    func wait(_ task: ScriptTask, for operation: any Operation) {
        let execution = task.execution
        if execution.timer == nil, !execution.deadline.isNever { startTimer(of: execution) }
        task.state = .waiting(.others)
        switch operation as? Wait {
        case .sleep(let time):
            // Timers fire before the loop polls, so the work is only queued here.
            let timer = loop.schedule(after: time) { [self] in
                if task.goesOn(with: .slept) { queue.enqueue(.advance(task)) }
            }
            task.state = .waiting(.timer(timer))
        case .tasks(let numbers, let returnsList):
            check(TaskJoin(task, numbers: numbers, of: execution, returnsList: returnsList))
        case .http(let request):
            let call = outbound.send(request, of: execution.vm.lua) { [self] reply in
                wake(task, .replied(reply))
            }
            task.state = .waiting(.reply(call))
        case .room:
            execution.body?.whenRoom(task) { [self] in wake($0, .writes) }
        case nil:
            wake(task, .unknown)
        }
    }

    /// Continues a task with the result of its wait. A callback of the loop or the queue calls this.
    private func wake(_ task: ScriptTask, _ completion: Completion) {
        if task.goesOn(with: completion) { queue.perform(.advance(task)) }
    }

    func beginSpawned(_ execution: Execution) {
        guard let spawned = execution.spawned else { return }
        for task in spawned.takeForgotten() { discard(task) }
        for task in spawned.takeFresh() { queue.enqueue(.advance(task)) }
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
        if let task = execution.spawned?.remove(number) { discard(task) }
    }

    private func discard(_ task: ScriptTask) {
        task.discard()
        queue.perform(.discard(task))
    }
}
