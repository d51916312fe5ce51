import EventLoop
import Lua

/// How tasks wait, and how they continue.
extension Scheduler {
    func wait(_ task: ScriptTask, of run: Run, for operation: any Operation) {
        if run.timer == nil, !run.deadline.isNever { startTimer(of: run) }
        switch operation as? Wait {
        case .sleep(let time):
            // Timers fire before the loop polls, so nothing may run in them.
            let timer = loop.schedule(after: time) { [weak self] in self?.enqueue(.wake(task, .slept)) }
            task.state = .waiting(cancel: { timer.close() })
        case .tasks(let numbers, let returnsList):
            task.state = .waiting(cancel: nil)
            check(TaskJoin(task, numbers: numbers, of: run, returnsList: returnsList))
        case .http(let request): send(request, for: task)
        case .room:
            task.state = .waiting(cancel: nil)
            run.body?.whenRoom(task) { [weak self] in self?.wake($0, .writes) }
        case nil:
            task.state = .waiting(cancel: nil)
            wake(task, .unknown)
        }
    }

    private func send(_ request: OutboundRequest, for task: ScriptTask) {
        let sending = outbound.send(request, of: task.run.machine.vm) { [weak self] reply in
            self?.wake(task, .replied(reply))
        }
        task.state = .waiting(cancel: { sending.cancel() })
    }

    /// Called from a callback of the loop, or from the queue.
    func wake(_ task: ScriptTask, _ completion: Completion) {
        guard case .waiting = task.state, !task.isDiscarded else { return }
        task.state = .ready
        whenFree(task.run.machine, .advance(task, completion))
    }

    func beginSpawned(_ run: Run) {
        for task in run.takeForgotten() { discard(task) }
        guard !run.spawned.isEmpty else { return }
        // A task that begins may spawn more, which this loop must not begin again.
        let tasks = run.spawned
        run.spawned = []
        for task in tasks { whenFree(run.machine, .advance(task, nil)) }
    }

    /// Wakes the waiting task if the others have ended or one has failed. The wake-up is queued, as code of the others
    /// may be running.
    func check(_ join: TaskJoin) { if join.isOver() { enqueue(.joined(join)) } }

    func finish(_ join: TaskJoin) {
        wake(join.waiter, .joined(join.results))
        guard join.hasFailed else { return }
        for number in join.numbers { cancel(number, of: join.waiter.run) }
    }

    private func cancel(_ number: Int64, of run: Run) {
        guard let task = run.tasks[number] else { return }
        run.tasks[number] = nil
        run.spawned.removeAll { $0 === task }
        discard(task)
    }

    private func discard(_ task: ScriptTask) {
        task.discard()
        whenFree(task.run.machine, .discard(task))
    }
}
