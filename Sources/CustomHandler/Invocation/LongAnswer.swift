import JSON
import Lua

/// Writes a response with a table that takes long to write. A Lua function writes that table first, so that other
/// invocations can run in between and the time and memory limits apply.
extension FunctionVM {
    /// The number of bytes of a table that are written without a pause.
    private static let patience = 256 << 10

    /// Writes the value on top of the stack, unless one of its tables must first be written by a task.
    func answer(
        of execution: Execution, _ invocation: Invocation, _ stack: LuaStack
    ) throws(InvocationFailure) -> Next {
        let writer = lua.writer
        writer.patience = Self.patience
        if let preparation = execution.preparation { writer.prepared = preparation.tables }
        defer {
            writer.patience = .max
            if execution.preparation != nil { writer.prepared = [:] }
        }
        do throws(InvocationFailure) {
            return .end(try invocation.wire.write(at: stack.count, of: stack, for: execution, invocation))
        } catch {
            guard let table = writer.longTable.take() else { throw error }
            return .run(writingTask(for: execution, table))
        }
    }

    /// The task that writes a table.
    private func writingTask(for execution: Execution, _ table: LuaReference) -> ScriptTask {
        let task = ScriptTask(.writer, lua.makeThread(), of: execution, arguments: 1)
        _ = execution.prepare(task)
        let stack = task.thread.stack
        let preparer = preparer ?? makePreparer()
        self.preparer = preparer
        stack.push(preparer)
        stack.push(table)
        lua.stack.release(table)
        return task
    }

    private func makePreparer() -> LuaReference {
        lua.stack.push(function: "answer") { [unowned self] stack throws(LuaError) in
            guard let execution = running, let table = stack.identity(at: 1) else { return 0 }
            let writer = JSONWriter(for: lua)
            let failed = { (error: JSONError) throws(LuaError) in
                if let limit = error.limit { throw limit }
                execution.preparation?.tables[table] = .failed(error)
            }
            do throws(JSONError) {
                try writer.begin(at: 1, of: stack)
            } catch {
                try failed(error)
                return 0
            }
            return try stack.work { stack throws(LuaError) in
                do throws(JSONError) {
                    guard try writer.advance(stack) else { return .more(after: 0) }
                    execution.preparation?.tables[table] = .text(writer)
                } catch {
                    try failed(error)
                }
                return .results(0)
            }
        }
        return lua.stack.reference()
    }
}
