import HTTP
import HTTP1
import Log
import Lua

/// Decides how an invocation continues when its code has ended.
extension FunctionVM {
    /// What follows the end of a handler.
    enum Conclusion {
        case ended(Outcome)
        /// This task is the next part of the execution. No other code of the VM may run before it.
        case continues(ScriptTask)
        /// This function or coroutine produces the body and runs next. A head, if there is one, goes out before the
        /// body.
        case streams(LuaReference, head: HTTPResponse?)
    }

    /// Turns the main task's `results` values, on top of its stack, into a conclusion.
    func conclusion(of execution: Execution, _ task: ScriptTask, results: Int) -> Conclusion {
        let stack = task.thread.stack
        // Lua's functions report an error as nil and a message; a handler that returns their results means the same.
        let first = stack.count - results + 1
        let message = results > 1 && stack.isNil(at: first) ? stack.messageText(at: first + 1) : nil
        // Only the first result counts; the others may have filled the stack.
        if results == 0 { stack.pushNil() } else { stack.pop(results - 1) }
        do throws(InvocationFailure) {
            if execution.invocation != nil, let message {
                throw InvocationFailure(.function, "the handler returned nil and a message: \(message)")
            }
            if execution.invocation != nil, results > 1 {
                execution.write(
                    .warning,
                    "the handler returned \(results) values; only the first one counts. For a status, return "
                        + "{ statusCode = …, body = … }")
            }
            guard stack.reserve(64) else { throw InvocationFailure(.function, "the Lua stack is full") }
            if let invocation = execution.invocation { return try answer(of: execution, invocation, stack) }
            handler = try takeHandler(from: stack)
            lua.sealGlobals()
            return .ended(.payload)
        } catch {
            return .ended(.failed(tell(error, execution)))
        }
    }

    /// The next step of the execution, after its payload was read or one more table of its answer was written.
    func conclusion(ofPrepared execution: Execution) -> Conclusion {
        if execution.main == nil, let task = execution.preparing { return beginning(of: execution, task) }
        execution.endPreparing()
        guard let invocation = execution.invocation, let stack = execution.main?.thread.stack else {
            return .ended(.payload)
        }
        do throws(InvocationFailure) {
            return try answer(of: execution, invocation, stack)
        } catch {
            return .ended(.failed(tell(error, execution)))
        }
    }

    /// The outcome of an execution whose body is written: the payload, which is known only now, or nothing more.
    func conclusion(ofBody execution: Execution) -> Outcome {
        guard let kept = execution.body?.kept, let stack = execution.main?.thread.stack else { return .payload }
        do throws(InvocationFailure) {
            guard try encodePayload(at: stack.count, of: stack, logs: execution.log.lines, streamed: kept) == nil else {
                throw InvocationFailure(.function, "\(function.script): the body is not written yet")
            }
            return .payload
        } catch {
            return .failed(tell(error, execution))
        }
    }

    func failure(of execution: Execution, _ task: ScriptTask, _ cause: Step.Cause) -> Conclusion {
        let stack = task.thread.stack
        if cause == .error, task.isMain, function.isHTTP, execution.invocation != nil,
            stack.hasMetatable(at: -1, marks.httpResponse)
        {
            return conclusion(of: execution, task, results: 1)
        }
        guard stack.reserve(64) else {
            return .ended(.failed(tell(InvocationFailure(.limit, "the Lua stack is full"), execution)))
        }
        let reported = task.thread.failure()
        var failure = InvocationFailure(.function, reported.message, traceback: reported.traceback)
        switch cause {
        case .error:
            if function.isHTTP, isResponse(at: -1, of: stack) {
                failure.message += "; to answer with this table, raise require(\"http\").response { … }"
            }
        case .memory:
            failure.fault = .limit
            failure.message = memoryLimitMessage
        case .deadline:
            failure.fault = .limit
            failure.message = timeLimitMessage(of: execution)
        case .held:
            failure.fault = .limit
            failure.message =
                "code that cannot be stopped in the middle (a message handler of xpcall, __close in coroutine.close, "
                + "a metamethod that a library function calls, a comparison of long texts) held the thread for 50 ms, "
                + "which others wait for; do less in it"
        }
        reachedLimit = reachedLimit || failure.fault == .limit
        return .ended(.failed(tell(failure, execution)))
    }

    /// Whether an error value was probably meant as a response.
    private func isResponse(at index: Int, of stack: LuaStack) -> Bool {
        guard stack.type(at: index) == .table else { return false }
        let index = stack.absolute(index)
        defer { stack.pop(2) }
        let types = [stack.pushField("statusCode", of: index), stack.pushField("status", of: index)]
        return types.contains(.number)
    }

    /// The failure of an execution whose task needs memory when there is none.
    func memoryLimitFailure(of execution: Execution, _ task: ScriptTask) -> InvocationFailure {
        reachedLimit = true
        return tell(InvocationFailure(.limit, memoryLimitMessage, traceback: task.thread.traceback), execution)
    }

    /// The failure of an execution whose payload cannot be read.
    func failure(of execution: Execution, _ invocation: Invocation, _ error: PayloadError) -> InvocationFailure {
        switch error {
        case .timeLimit:
            reachedLimit = true
            return tell(InvocationFailure(.limit, timeLimitMessage(of: execution)), execution)
        case .memoryLimit: return tooLarge(invocation, execution)
        case .notJSON, .noData: return tell(InvocationFailure(.request, error.description), execution)
        }
    }

    private var memoryLimitMessage: String {
        "not enough memory: the limit is \(ByteCount.text(lua.memoryLimit)); raise it with --memory-limit, or "
            + "\"lua\": { \"memoryLimit\" } in \(function.directory)/function.json"
    }

    /// The failure of an execution that waited past its deadline.
    func timeLimitFailure(of execution: Execution) -> InvocationFailure {
        tell(InvocationFailure(.limit, timeLimitMessage(of: execution)), execution)
    }

    private func timeLimitMessage(of execution: Execution) -> String { execution.deadline.limit.message(for: function) }

    /// Logs a failure, and adds the lines that the invocation logged before.
    private func tell(_ failure: InvocationFailure, _ execution: Execution) -> InvocationFailure {
        var failure = failure
        failure.logs = execution.log.lines
        // Whoever loads a script reports that it does not load.
        if execution.invocation != nil { execution.log.write(failure, of: execution.invocation) }
        return failure
    }

    /// The handler function from the script's return value, which is the only value on the stack.
    private func takeHandler(
        from stack: LuaStack
    ) throws(InvocationFailure) -> (function: LuaReference, parameters: Int) {
        func problem(_ reason: String) -> InvocationFailure {
            InvocationFailure(.function, "\(function.script): \(reason)")
        }
        if stack.type(at: -1) == .table {
            guard let entryPoint = function.entryPoint else {
                throw problem(
                    "the script returns a table; name the function to call in \"entryPoint\" of function.json, or "
                        + "return the function itself")
            }
            stack.pushField(entryPoint, of: -1)
            guard stack.type(at: -1) == .function else {
                throw problem(
                    "\"entryPoint\" in function.json is '\(entryPoint)', but the table that the script returns has no "
                        + "function of that name")
            }
        }
        guard stack.type(at: -1) == .function else {
            throw problem(
                "the script returns \(stack.type(at: -1).name), but it must return the handler: "
                    + "return function(data, metadata, context) ... end")
        }
        let parameters = min(stack.parameters(at: -1), 3)
        return (stack.reference(), parameters)
    }

    /// Writes the value at `index`, which the handler returned or raised, in the form that the caller takes.
    func encode(
        at index: Int, of stack: LuaStack, _ execution: Execution, _ invocation: Invocation
    ) throws(InvocationFailure) -> Conclusion {
        guard case .request = invocation.wire else {
            let body = try encodePayload(at: index, of: stack, logs: execution.log.lines)
            return body.map { .streams($0, head: nil) } ?? .ended(.payload)
        }
        do throws(OutputError) {
            let plain = try OutputEncoder(function: function, marks: marks, stack: stack, writer: emptyWriter())
                .plainResponse(at: index)
            for line in plain.logs { execution.write(.info, line) }
            guard let body = plain.body else { return .ended(plain.outcome) }
            guard case .response(let head) = plain.outcome, invocation.request.method != .head else {
                stack.release(body)
                return .ended(plain.outcome)
            }
            return .streams(body, head: head)
        } catch {
            throw unsendable(error)
        }
    }

    private func unsendable(_ error: OutputError) -> InvocationFailure {
        if case .unwritable(_, let error) = error, error.isLimit { reachedLimit = true }
        return InvocationFailure(.function, "\(function.script): \(error)")
    }

    /// Writes the payload into the VM's writer. Returns the function or coroutine that must first produce a body.
    private func encodePayload(
        at index: Int, of stack: LuaStack, logs: [String], streamed: [UInt8]? = nil
    ) throws(InvocationFailure) -> LuaReference? {
        let encoder = OutputEncoder(
            function: function, marks: marks, stack: stack, writer: emptyWriter(), streamed: streamed)
        do throws(OutputError) {
            try encoder.append(at: index, logs: logs)
            return nil
        } catch {
            if case .streams(let body) = error { return body }
            throw unsendable(error)
        }
    }

    /// The writer's content is sent before other code of the VM runs.
    private func emptyWriter() -> JSONWriter {
        lua.writer.limit = lua.memoryLimit
        lua.writer.truncate()
        return lua.writer
    }
}
