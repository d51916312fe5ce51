import EventLoop
import FunctionsModel
import HTTP
import JSON
import Log
import Lua

/// Ends executions and recycles their threads and memory.
extension Scheduler {
    /// Ends a waiting execution at its deadline.
    func expire(_ execution: Execution) {
        guard !execution.hasEnded else { return }
        // The execution has written to its response since the timer was set, which moved its deadline.
        if !execution.deadline.hasPassed(at: clock.now) { return startTimer(of: execution) }
        finish(execution, .failed(execution.vm.timeLimitFailure(of: execution)))
    }

    func startTimer(of execution: Execution) {
        // Timers fire before the loop polls, so the work is only queued here.
        execution.timer = clock.schedule(after: execution.deadline.time - clock.now, on: loop) { [self] in
            execution.timer = nil
            queue.enqueue(.expire(execution))
        }
    }

    /// Ends an invocation whose caller has disconnected.
    func leave(_ invocation: Invocation) {
        switch invocation.state {
        case .ended: break
        case .waiting(let pool): pool.remove(invocation)
        case .running(let execution) where execution.live?.ignoresDisconnect == true: execution.body?.wakeAll()
        case .running(let execution):
            execution.callerHasLeft = true
            execution.write(.info, "the caller disconnected before the response was complete; the invocation ends")
            finish(execution, .failed(InvocationFailure(.request, "the caller has disconnected")))
        }
    }

    /// Reports the outcome and ends everything that is left of the execution. The response comes first, because its
    /// content may lie in the VM.
    ///
    /// - Parameter ownsVM: whether the execution's own slice has just ended and no other code has used the VM since.
    func finish(_ execution: Execution, _ outcome: Outcome, ownsVM: Bool = false) {
        guard !execution.hasEnded else { return }
        execution.close()
        let vm = execution.vm
        if let invocation = execution.invocation {
            if case .failed(let failure) = outcome { invocation.caller.fail(failure) }
            let last = execution.live?.close(execution, invocation, outcome) ?? outcome
            let isOut = execution.body?.end(isComplete: !last.isFailure) ?? false
            if !isOut { answer(invocation, last, writer: vm.lua.writer) }
            vm.lua.writer.truncate()
            invocation.state = .ended
            active -= 1
        }
        let ended = execution.invocation == nil ? execution.ended.take() : nil
        ended?(outcome)
        execution.discardTasks()
        if ownsVM { closeSome(execution) } else { queue.perform(.close(execution)) }
        if active == 0, mostActive >= Self.trimThreshold { scheduleTrimming() }
        if execution.invocation == nil, ended == nil { endLoading(of: vm, outcome) }
    }

    private func endLoading(of vm: FunctionVM, _ outcome: Outcome) {
        // A quarter of a fresh VM is garbage from its creation. In a large VM, a whole collection would take longer
        // than a slice.
        if vm.isLoaded, vm.lua.memoryUsed < 1 << 20 { vm.lua.collectGarbage() }
        if case .failed(let failure) = outcome {
            endLoading(of: vm.pool, failure)
        } else {
            endLoading(of: vm.pool, nil)
        }
    }

    // MARK: Answers

    /// Fails an invocation that got no VM.
    func fail(_ invocation: Invocation, _ failure: InvocationFailure) {
        InvocationLog.write(failure, of: invocation, to: options.logger(for: invocation.function))
        invocation.caller.fail(failure)
        answer(invocation, .failed(failure), writer: nil)
    }

    private func answer(_ invocation: Invocation, _ outcome: Outcome, writer: JSONWriter?) {
        let caller = invocation.caller
        if invocation.watchesCaller { caller.onDisconnect = nil }
        switch outcome {
        case .written(let status, let contentType):
            writer?.withSpan { caller.respond(status: status, contentType: contentType, body: $0) }
        case .response(let response):
            caller.respond(response)
        case .failed(let failure):
            let files = app.files(of: invocation.function.name)
            caller.respond(
                invocation.wire.response(to: failure, of: invocation, files: files, showsErrors: options.showsErrors))
        case .streamed, .complete:
            break
        }
    }

    // MARK: Threads

    /// Recycles some of the threads that an execution has left. All of them share one time budget for closing their
    /// variables.
    func closeSome(_ execution: Execution) {
        var left = RunQueue.stretch
        while left > 0, let task = execution.takeLeftover() {
            left -= 1
            guard giveBack(task) else { break }
        }
        guard !execution.hasLeftovers else {
            queue.endTurn()
            return queue.enqueue(.close(execution))
        }
        let vm = execution.vm
        vm.active -= 1
        guard vm.active == 0, vm.reachedLimit || vm.isLarge else { return }
        vm.lua.beginCollection()
        queue.perform(.tidy(vm))
    }

    /// Recycles the thread of a task. Returns false if that took so long that other work must run first.
    @discardableResult
    func giveBack(_ task: ScriptTask) -> Bool {
        let before = task.execution.closingTime
        task.execution.vm.giveBack(task)
        guard task.execution.closingTime != before else { return true }
        queue.endTurn()
        return false
    }

    // MARK: Garbage

    /// Collects a piece of garbage for a task at its memory limit. After the last piece the task continues, or fails if
    /// there is still too little memory.
    func relieve(_ task: ScriptTask) {
        let execution = task.execution
        let vm = execution.vm
        guard !execution.hasEnded, !task.isDiscarded else { return release(vm) }
        if vm.lua.collectPiece(toGoOn: true) {
            queue.endTurn()
            return queue.enqueue(.relieve(task))
        }
        guard vm.lua.isFull else { return advance(task) }
        finish(execution, .failed(vm.memoryLimitFailure(of: task)), ownsVM: true)
        release(vm)
    }

    /// Collects a piece of the garbage that an invocation has left, so that memory is returned to the system. The VM
    /// stays busy meanwhile. A VM that remains full is replaced.
    func tidy(_ vm: FunctionVM) {
        vm.pool.occupy(vm)
        if vm.lua.collectPiece() {
            queue.endTurn()
            return queue.enqueue(.tidyFurther(vm))
        }
        let isReplaced = vm.reachedLimit && vm.active == 0 && vm.pool.replaceIfFull(vm)
        vm.noteSize()
        LuaVM.releaseFreeMemory()
        if isReplaced { settle(vm.pool) } else { release(vm) }
    }

    /// Frees a VM, in pieces if it is large.
    func dismantle(_ vm: FunctionVM) {
        guard vm.active == 0, vm.lua.memoryUsed > FunctionVM.leastIdleSize else { return }
        vm.lua.clear()
        vm.lua.beginCollection()
        queue.enqueue(.dismantle(vm))
    }

    func dismantleSome(_ vm: FunctionVM) {
        queue.endTurn()
        if vm.lua.collectPiece() { queue.enqueue(.dismantle(vm)) } else { LuaVM.releaseFreeMemory() }
    }

    /// The number of concurrent invocations from which returning memory to the system is worthwhile.
    private static let trimThreshold = 500

    /// Returns memory to the system soon after many concurrent invocations, when their connections are closed too.
    private func scheduleTrimming() {
        mostActive = 0
        loop.schedule(after: .milliseconds(200)) { [self] in
            for pool in pools {
                for vm in pool.free where vm.lua.memoryUsed > 1 << 20 {
                    vm.lua.beginCollection()
                    queue.enqueue(.tidy(vm))
                }
            }
            LuaVM.releaseFreeMemory()
        }
    }
}
