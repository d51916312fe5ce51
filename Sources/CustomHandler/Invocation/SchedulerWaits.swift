import EventLoop
import Lua

/// How tasks wait, and how they continue.
extension Scheduler {
    func wait(_ task: ScriptTask, of execution: Execution, for operation: any Operation) {
        if execution.timer == nil, !execution.deadline.isNever { startTimer(of: execution) }
        switch operation as? Wait {
        case .sleep(let time):
            // Timers fire before the loop polls, so nothing may run in them.
            let timer = loop.schedule(after: time) { [weak self] in self?.enqueue(.wake(task, .slept)) }
            task.state = .waiting(cancel: { timer.close() })
        case .tasks(let numbers, let returnsList):
            task.state = .waiting(cancel: nil)
            check(TaskJoin(task, numbers: numbers, of: execution, returnsList: returnsList))
        case .http(let request): send(request, for: task)
        case .room:
            task.state = .waiting(cancel: nil)
            execution.body?.whenRoom(task) { [weak self] in self?.wake($0, .writes) }
        case nil:
            task.state = .waiting(cancel: nil)
            wake(task, .unknown)
        }
    }

    private func send(_ request: OutboundRequest, for task: ScriptTask) {
        let sending = outbound.send(request, of: task.execution.vm.lua) { [weak self] reply in
            self?.wake(task, .replied(reply))
        }
        task.state = .waiting(cancel: { sending.cancel() })
    }

    /// Called from a callback of the loop, or from the queue.
    func wake(_ task: ScriptTask, _ completion: Completion) {
        guard case .waiting = task.state, !task.isDiscarded else { return }
        task.state = .ready
        whenFree(task.execution.vm, .advance(task, completion))
    }

    func beginSpawned(_ execution: Execution) {
        for task in execution.takeForgotten() { discard(task) }
        guard !execution.spawned.isEmpty else { return }
        // A task that begins may spawn more, which this loop must not begin again.
        let tasks = execution.spawned
        execution.spawned = []
        for task in tasks { whenFree(execution.vm, .advance(task, nil)) }
    }

    /// Wakes the waiting task if the others have ended or one has failed. The wake-up is queued, as code of the others
    /// may be running.
    func check(_ join: TaskJoin) { if join.isOver() { enqueue(.joined(join)) } }

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
        whenFree(task.execution.vm, .discard(task))
    }
}
