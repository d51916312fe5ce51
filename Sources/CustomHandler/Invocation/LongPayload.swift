import HTTP
import Lua

/// Reads a payload that takes long to read. A Lua function reads it, so that other invocations can run in between and
/// the time and memory limits apply.
extension FunctionVM {
    /// The task that reads the arguments.
    func readingTask(for execution: Execution, _ invocation: Invocation) throws(InvocationFailure) -> ScriptTask {
        let payload = invocation.request.body
        guard execution.hold(payload.count) else { throw tooLarge(invocation, execution) }
        let task = ScriptTask(.reader, lua.makeThread(), of: execution, arguments: 0)
        let stack = task.thread.stack
        execution.prepare(task).payload = LongPayloadReader(
            PayloadReader(function: function, metatables: metatables, stack: stack), payload)
        let reader = payloadReader ?? makePayloadReader()
        payloadReader = reader
        stack.push(reader)
        return task
    }

    /// Continues with the handler and the two arguments that the task has read.
    func beginning(of execution: Execution, _ reading: ScriptTask) -> Next {
        guard let invocation = execution.invocation else { return .end(.complete) }
        execution.preparation?.payload = nil
        if let error = execution.preparation?.unreadable.take() {
            return .end(.failed(failure(of: execution, invocation, error)))
        }
        let task = handlerTask(for: execution)
        reading.thread.stack.move(2, to: task.thread.stack)
        // The handler lies below the arguments.
        task.thread.stack.setCount(1 + min(task.arguments, 2))
        pushContext(of: invocation, onto: task.thread.stack)
        giveBackPreparing(of: execution)
        return .run(task)
    }

    private func makePayloadReader() -> LuaReference {
        lua.stack.push(function: "payload") { [unowned self] stack throws(LuaError) in
            guard let execution = running, let payload = execution.preparation?.payload else { return 0 }
            return try stack.work { stack throws(LuaError) in
                do throws(PayloadError) {
                    return try payload.advance(stack) ? .results(2) : .more(after: 0)
                } catch {
                    execution.preparation?.unreadable = error
                    return .results(0)
                }
            }
        }
        return lua.stack.reference()
    }
}
