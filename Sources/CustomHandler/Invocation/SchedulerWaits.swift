import Lua
import NIOCore

/// What tasks wait for, and how they go on.
extension Scheduler {
    func wait(_ task: ScriptTask, of run: Run, for operation: any Operation) {
        if run.timer == nil, let deadline = run.deadline {
            run.timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in expire(run) }
        }
        switch operation as? Wait {
        case .sleep(let time):
            let timer = eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
                wake(task) { stack throws(LuaError) in 0 }
            }
            task.state = .waiting(cancel: { timer.cancel() })
        case .tasks(let numbers, let returnsList):
            task.state = .waiting(cancel: nil)
            watch(numbers, of: run, for: task, returnsList: returnsList)
        case .http(let request): send(request, for: task)
        case .room:
            task.state = .waiting(cancel: nil)
            run.body.whenRoom { [self] in
                // It is written now, unless another task was faster: then it waits again.
                wake(task) { stack throws(LuaError) in try run.machine.write(on: stack) }
            }
        case nil:
            task.state = .waiting(cancel: nil)
            wake(task) { stack throws(LuaError) in throw .message("nothing completes this wait") }
        }
    }

    private func send(_ request: OutboundRequest, for task: ScriptTask) {
        let reply = eventLoop.makePromise(of: OutboundClient.Reply.self)
        let sending = Task { [outbound] in reply.succeed(await outbound.send(request)) }
        // The request's own deadline ends with the head of the response; this one covers the body.
        let timer = eventLoop.scheduleTask(in: request.timeout) { sending.cancel() }
        task.state = .waiting(cancel: {
            timer.cancel()
            sending.cancel()
        })
        reply.futureResult.assumeIsolated().whenSuccess { [self] reply in
            timer.cancel()
            wake(task) { stack throws(LuaError) in reply.push(onto: stack) }
        }
    }

    private func wake(_ task: ScriptTask, _ complete: @escaping HostFunction) {
        guard case .waiting = task.state, !task.isDiscarded else { return }
        task.state = .ready
        whenFree(task.run.machine) { [self] in advance(task, complete: complete) }
    }

    func beginSpawned(_ run: Run) {
        while !run.spawned.isEmpty {
            let task = run.spawned.removeFirst()
            whenFree(run.machine) { [self] in advance(task) }
        }
    }

    /// Wakes `task` when all of the others have ended, or one has failed.
    private func watch(_ numbers: [Int64], of run: Run, for task: ScriptTask, returnsList: Bool) {
        let others = numbers.compactMap { run.tasks[$0] }
        let check = { [self] in
            let failed = others.first { if case .failed = $0.state { true } else { false } }
            guard failed != nil || others.allSatisfy(\.hasEnded) else { return }
            enqueue { [self] in
                wake(task) { stack throws(LuaError) in
                    try TaskResults(others, failed: failed, returnsList: returnsList).push(onto: stack)
                }
                if failed != nil { for number in numbers { cancel(number, of: run) } }
            }
        }
        for other in others where !other.hasEnded { other.watchers.append(check) }
        check()
    }

    private func cancel(_ number: Int64, of run: Run) {
        guard let task = run.tasks[number] else { return }
        run.tasks[number] = nil
        run.spawned.removeAll { $0 === task }
        discard(task, of: run)
    }

    func discard(_ task: ScriptTask, of run: Run) {
        if case .waiting(let cancel) = task.state { cancel?() }
        task.isDiscarded = true
        // They hold the tasks they watch, and so this one.
        task.watchers = []
        whenFree(run.machine) {
            if case .failed(let cause) = task.state, cause.isFinal {
                run.machine.vm.abandon(task.thread)
            } else {
                run.machine.recycle(task)
            }
        }
    }
}
