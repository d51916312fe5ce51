import FunctionsModel
import HTTP
import HTTP1
import Lua

/// Makes a response wait for the tasks that its script has spawned.
extension FunctionVM {
    /// Ends a part of the execution whose code has returned. nil if tasks that the script has spawned go on.
    func conclude(
        _ execution: Execution, _ conclusion: Execution.Conclusion
    ) throws(InvocationFailure) -> Next? {
        guard let spawned = execution.spawned else { return try end(execution, conclusion) }
        // The tasks may be what the body waits for, so it begins while they run. They are awaited at its end.
        if conclusion == .answer, isStreamed(execution) { return try end(execution, conclusion) }
        execution.conclusion = conclusion
        guard spawned.running == 0 else { return nil }
        if let failure = openFailure(of: execution, spawned) { throw failure }
        return try end(execution, conclusion)
    }

    /// What follows the end of a task. nil if the handler or other tasks go on.
    func concluded(_ execution: Execution) -> Next? {
        guard let conclusion = execution.conclusion, execution.spawned?.running == 0 else { return nil }
        do throws(InvocationFailure) {
            return try conclude(execution, conclusion)
        } catch {
            return .end(.failed(tell(error, execution)))
        }
    }

    private func end(
        _ execution: Execution, _ conclusion: Execution.Conclusion
    ) throws(InvocationFailure) -> Next {
        // Each part ends once. The end of a task of the response body must not begin the body again.
        execution.conclusion = nil
        switch conclusion {
        case .load: return .end(try loaded(execution))
        case .bodyEnd: return .end(try bodyEnded(execution))
        case .answer:
            guard let invocation = execution.invocation, let main = execution.main else { return .end(.complete) }
            return try answer(of: execution, invocation, main.thread.stack)
        }
    }

    /// The failure of an execution with a task whose error was never joined; nil if there is none.
    private func openFailure(of execution: Execution, _ spawned: SpawnedTasks) -> InvocationFailure? {
        guard let task = spawned.takeFailed(), case .failed(let cause) = task.state else { return nil }
        var failure = failure(of: task, cause)
        failure.message += " (in a task that was not joined, so the \(pool.test == nil ? "invocation" : "test") fails)"
        return failure
    }

    /// Whether the handler has returned a response whose body is a function or coroutine that runs next.
    private func isStreamed(_ execution: Execution) -> Bool {
        guard let invocation = execution.invocation, let stack = execution.main?.thread.stack,
            invocation.wire.isPayload || invocation.request.method != .head
        else {
            return false
        }
        return OutputEncoder(function: function, metatables: metatables, stack: stack, writer: lua.writer)
            .isStreamed(at: stack.count)
    }
}
