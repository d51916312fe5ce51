import EventLoop
import FunctionsModel
import Lua

/// Lets tasks wait and continues them.
extension Scheduler {
    /// Lets a task wait. If it has ended its invocation instead, returns what follows.
    func wait(_ task: ScriptTask, for operation: any Operation) -> FunctionVM.Next? {
        let execution = task.execution
        if execution.timer == nil, !execution.deadline.isNever { startTimer(of: execution) }
        task.state = .waiting(.others)
        switch operation as? Wait {
        case .sleep(let time):
            // Timers fire before the loop polls, so the work is only queued here.
            let timer = clock.schedule(after: time, on: loop) { [self] in
                if task.goesOn(with: .slept) { queue.enqueue(.advance(task)) }
            }
            task.state = .waiting(.timer(timer))
        case .tasks(let numbers, let returnsList):
            let join = TaskJoin(task, numbers: numbers, of: execution, returnsList: returnsList)
            task.state = .waiting(.join(join))
            check(join)
        case .call(let number, let step):
            guard let call = execution.calls?.byNumber[number] else {
                wake(task, .unknown)
                break
            }
            task.state = .waiting(.call(call))
            call.begin(with: outbound, deadline: execution.deadline.time)
            call.wait { [self] in wake(task, .call(step)) }
        case .file(let request):
            let call = FileCall(
                request, group: execution.vm.function.name, of: execution.vm.lua, on: loop, clock: clock.fake
            ) { [self] reply in wake(task, .read(reply)) }
            task.state = .waiting(.file(call))
        case .keySet(let url):
            outbound.keySets.fetch(url) { [self] in wake(task, .fetched) }
        case .outside(let number):
            execution.vm.pool.test?.begin(number, task) { [self] in wake(task, .outside($0)) }
        case .room:
            execution.body?.whenRoom(task) { [self] in wake($0, .writes) }
        case .answer(let id, let time):
            guard let live = execution.live, let ask = live.pendingAsk(id) else {
                wake(task, .unknown)
                break
            }
            task.state = .waiting(.answer(ask))
            ask.wait(atMost: time, clock, on: loop) { [self] answer in
                live.forget(ask)
                wake(task, .answer(answer))
            }
        case .conclusion:
            return .end(.complete)
        case nil:
            wake(task, .unknown)
        }
        return nil
    }

    /// Continues a task with the result of its wait. A callback of the loop or the queue calls this.
    private func wake(_ task: ScriptTask, _ completion: Completion) {
        if task.goesOn(with: completion) { queue.perform(.advance(task)) }
    }

    // MARK: Spawned tasks

    /// Does what the script has decided about its tasks in this slice: begins, forgets and cancels them.
    func beginSpawned(_ execution: Execution) {
        guard let spawned = execution.spawned else { return }
        for task in spawned.takeForgotten() { discard(task) }
        for task in spawned.takeCancelled() {
            tellJoins(of: task)
            discard(task)
        }
        for task in spawned.takeFresh() { queue.enqueue(.advance(task)) }
        // The deadline applies also if no task waits.
        if execution.conclusion != nil, execution.timer == nil, !execution.deadline.isNever {
            startTimer(of: execution)
        }
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
        let execution = join.waiter.execution
        guard join.hasFailed, let spawned = execution.spawned, !execution.hasEnded else { return }
        for task in join.others { spawned.cancel(task) }
        beginSpawned(execution)
    }

    private func discard(_ task: ScriptTask) {
        task.discard()
        queue.perform(.discard(task))
    }

    /// Recycles the thread of a task while its execution goes on. The code that closes the task's variables may start
    /// and cancel other tasks.
    func close(_ task: ScriptTask) {
        let execution = task.execution
        let wasRunning = task.isCancelled && !task.isClosed
        giveBack(task)
        guard let spawned = execution.spawned, !execution.hasEnded else { return }
        if wasRunning { spawned.endCancelled() }
        guard wasRunning || spawned.hasNews else { return }
        execution.vm.pool.occupy(execution.vm)
        follow(execution.vm.concluded(execution), in: execution)
    }
}
