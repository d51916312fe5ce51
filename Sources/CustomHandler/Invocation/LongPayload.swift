import HTTP
import Lua

/// Reads a payload that takes long to read. A Lua function reads it, so that other invocations get their turn and the
/// time and memory limits apply.
extension FunctionVM {
    /// The task that reads the arguments.
    func readingTask(for run: Run, _ invocation: Invocation) throws(InvocationFailure) -> ScriptTask {
        let payload = invocation.request.body
        guard run.hold(payload.count) else { throw tooLarge(invocation, run) }
        let task = ScriptTask(vm.makeThread(), of: run, arguments: 0)
        run.preparing = task
        let stack = task.thread.stack
        run.payload = LongPayloadReader(PayloadReader(function: function, marks: marks, stack: stack), payload)
        let reader = payloadReader ?? makePayloadReader()
        payloadReader = reader
        stack.push(reader)
        return task
    }

    /// Continues with the handler and the two arguments that the task has read.
    func beginning(of run: Run, _ reading: ScriptTask) -> Conclusion {
        guard let invocation = run.invocation else { return .ended(.payload) }
        run.payload = nil
        if let error = run.unreadable.take() { return .ended(.failed(failure(of: run, invocation, error))) }
        let task = mainTask(for: run)
        reading.thread.stack.move(2, to: task.thread.stack)
        // Below them lies the handler.
        task.thread.stack.setCount(1 + min(task.arguments, 2))
        pushContext(of: invocation, onto: task.thread.stack)
        run.endPreparing()
        return .continues(task)
    }

    private func makePayloadReader() -> LuaReference {
        vm.stack.push(function: "payload") { [unowned self] stack throws(LuaError) in
            guard let run = running, let payload = run.payload else { return 0 }
            return try stack.work { stack throws(LuaError) in
                do throws(PayloadError) {
                    return try payload.advance(stack) ? .results(2) : .more(after: 0)
                } catch {
                    run.unreadable = error
                    return .results(0)
                }
            }
        }
        return vm.stack.reference()
    }
}
