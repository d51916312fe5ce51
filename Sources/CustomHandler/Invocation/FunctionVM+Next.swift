import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log
import Lua

/// Decides how an execution continues when one of its tasks has ended.
extension FunctionVM {
    enum Next {
        /// This task runs next. No other code of the VM may run before it.
        case run(ScriptTask)
        case end(Outcome)
    }

    /// What follows a task that has returned. Its `count` results are on top of its stack. nil if only other tasks
    /// continue.
    func next(after task: ScriptTask, results count: Int) -> Next? {
        let execution = task.execution
        do throws(InvocationFailure) {
            switch task.role {
            case .script:
                keepFirst(of: count, on: task.thread.stack)
                return try conclude(execution, .load)
            case .handler: return try returned(task, results: count)
            case .reader: return beginning(of: execution, task)
            case .writer:
                giveBackPreparing(of: execution)
                guard let invocation = execution.invocation, let main = execution.main else { return .end(.complete) }
                return try answer(of: execution, invocation, main.thread.stack)
            case .body: return try conclude(execution, .bodyEnd)
            case .spawned:
                execution.spawned?.end(task)
                pool.prompt?.spawnedEnded()
                return concluded(execution)
            case .input:
                pool.prompt?.returned(task, results: count)
                return nil
            }
        } catch {
            return .end(.failed(tell(error, execution)))
        }
    }

    /// Stores the handler that the script has returned.
    func loaded(_ execution: Execution) throws(InvocationFailure) -> Outcome {
        if pool.test != nil { return .complete }
        guard let stack = execution.main?.thread.stack else { return .complete }
        guard stack.reserve(64) else { throw InvocationFailure(.function, "the Lua stack is full") }
        handler = try takeHandler(from: stack)
        lua.sealGlobals()
        return .complete
    }

    /// Writes the response that the handler has returned.
    private func returned(_ task: ScriptTask, results: Int) throws(InvocationFailure) -> Next? {
        let stack = task.thread.stack
        let execution = task.execution
        guard let invocation = execution.invocation else { return .end(.complete) }
        // Lua's own functions report an error as nil and a message. A handler that returns their results reports an
        // error too.
        let first = stack.count - results + 1
        if results > 1, stack.isNil(at: first), let message = stack.messageText(at: first + 1) {
            throw InvocationFailure(
                .function, "the handler returned nil and a message: " + advice.extend(message, of: nil))
        }
        if results > 1 {
            execution.write(
                .warning,
                "the handler returned \(results) values; only the first one counts. For a status, return "
                    + "{ statusCode = …, body = … }")
        }
        keepFirst(of: results, on: stack)
        guard stack.reserve(64) else { throw InvocationFailure(.function, "the Lua stack is full") }
        // The script has begun its response itself, so the returned value is none.
        if execution.body != nil { return try conclude(execution, .bodyEnd) }
        guard execution.spawned == nil else { return try conclude(execution, .answer) }
        return try answer(of: execution, invocation, stack)
    }

    /// Removes all results but the first. There may be so many that they fill the stack. [1 - results]
    private func keepFirst(of results: Int, on stack: LuaStack) {
        if results == 0 { stack.pushNil() } else { stack.pop(results - 1) }
    }

    /// Ends an execution whose body is complete. A payload can be written only now.
    func bodyEnded(_ execution: Execution) throws(InvocationFailure) -> Outcome {
        guard let kept = execution.body?.kept, let stack = execution.main?.thread.stack else { return .complete }
        return try PayloadWire.write(at: stack.count, of: stack, for: execution, streamed: kept)
    }

    /// What follows a task that has failed. The error value is on top of its stack. nil if only other tasks continue.
    func next(after task: ScriptTask, failed cause: Step.Cause) -> Next? {
        // A time limit ends the whole invocation, no matter which task exceeded it.
        let execution = task.execution
        if task.role == .spawned, !cause.isFinal {
            // A join that raises the error runs when this task's calls are gone.
            if let recursion = Recursion(task.thread), recursion.isDeep { execution.recursion = recursion }
            execution.spawned?.end(task)
            if let prompt = pool.prompt {
                prompt.spawnedFailed(task, failure(of: task, cause))
                prompt.spawnedEnded()
            }
            return concluded(execution)
        }
        if task.role == .input, !cause.isFinal {
            pool.prompt?.raised(task, failure(of: task, cause))
            return nil
        }
        if cause == .error, task.role == .handler, function.isHTTP,
            task.thread.stack.hasMetatable(at: -1, metatables.httpResponse)
        {
            // A handler that raises a response gives up what it has begun.
            execution.spawned?.cancelAll()
            return next(after: task, results: 1)
        }
        return .end(.failed(tell(failure(of: task, cause), execution)))
    }

    /// The failure of a task, from the error value on top of its stack.
    func failure(of task: ScriptTask, _ cause: Step.Cause) -> InvocationFailure {
        let stack = task.thread.stack
        let hasRoom = stack.reserve(64)
        var failure = InvocationFailure(.function, "", traceback: task.thread.traceback)
        // The stack that an error has left can grow unless the memory is used up.
        switch cause == .error && !hasRoom ? .memory : cause {
        case .error:
            failure.message = advice.extend(
                task.thread.failure().message, of: task.thread, joined: task.execution.recursion)
            if function.isHTTP, isResponse(at: -1, of: stack) {
                failure.message += "; to send this table as the response, raise require(\"http\").response { … }"
            }
        case .memory:
            failure.reason = .limit
            failure.message = memoryLimitMessage(of: task)
        case .deadline:
            failure.reason = .limit
            failure.message = timeLimitMessage(of: task.execution)
        case .held:
            failure.reason = .limit
            failure.message =
                "code that cannot be interrupted (a message handler of xpcall, __close in coroutine.close, "
                + "a metamethod that a library function calls, a comparison of long texts) blocked its thread for "
                + "50 ms; do less work in it"
        }
        reachedLimit = reachedLimit || failure.reason == .limit
        return failure
    }

    /// Whether an error value was probably meant as a response.
    private func isResponse(at index: Int, of stack: LuaStack) -> Bool {
        guard stack.type(at: index) == .table else { return false }
        let index = stack.absolute(index)
        defer { stack.pop(2) }
        let types = [stack.pushField("statusCode", of: index), stack.pushField("status", of: index)]
        return types.contains(.number)
    }

    /// The failure of an execution if one of its tasks needs memory and there is none.
    func memoryLimitFailure(of task: ScriptTask) -> InvocationFailure {
        reachedLimit = true
        return tell(
            InvocationFailure(.limit, memoryLimitMessage(of: task), traceback: task.thread.traceback), task.execution)
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

    private func memoryLimitMessage(of task: ScriptTask) -> String {
        let limit = ByteCount.text(lua.memoryLimit)
        guard pool.test == nil else { return "not enough memory: a test file has \(limit)" }
        let option = "--memory-limit"
        let places = pool.prompt == nil ? function.places(ofLimit: "memoryLimit", option: option) : option
        guard let recursion = (Recursion(task.thread) ?? task.execution.recursion)?.memory else {
            return "not enough memory: the limit is \(limit); raise it with \(places)"
        }
        return "not enough memory: \(recursion), or raise the limit of \(limit) with \(places)"
    }

    /// What is added to Lua's own messages.
    var advice: Advice {
        Advice(function: function, metatables: metatables, modules: modules) { [self] in sourceText(of: $0) }
    }

    /// The failure of an execution that waited past its deadline.
    func timeLimitFailure(of execution: Execution) -> InvocationFailure {
        tell(InvocationFailure(.limit, timeLimitMessage(of: execution)), execution)
    }

    private func timeLimitMessage(of execution: Execution) -> String {
        let limit = pool.bench?.limit(thatEnded: execution) ?? execution.deadline.limit
        let message = limit.message(for: function)
        return switch execution.conclusion {
        case nil, .load: message
        case .answer, .bodyEnd: message + "; the handler had returned, but a task that it spawned had not ended"
        }
    }

    /// Logs a failure, and adds copies of the lines that the invocation logged before.
    func tell(_ failure: InvocationFailure, _ execution: Execution) -> InvocationFailure {
        var failure = failure
        // If the script was being loaded, the code that loads it reports the failure.
        if execution.invocation != nil { execution.write(failure) }
        failure.logs = execution.logLines
        return failure
    }

    /// Takes the handler function from the script's return value, which is the only value on the stack.
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
                "the script returns \(stack.isNil(at: -1) ? "nothing" : "a \(stack.type(at: -1).name)"), but it must return the handler: "
                    + "return function(data, metadata, context) ... end")
        }
        if pool.vms == 1, let warning = advice.misreading(stack.firstParameter, in: text) { logger.warning(warning) }
        let parameters = min(stack.parameters(at: -1), 3)
        return (stack.reference(), parameters)
    }

    func unsendable(_ error: OutputError) -> InvocationFailure {
        if case .unwritable(_, let error) = error, error.isLimit { reachedLimit = true }
        return InvocationFailure(.function, "\(function.script): \(error)")
    }

    /// The VM's writer, emptied. Its content is sent before other code of the VM runs.
    func emptyWriter() -> JSONWriter {
        lua.writer.limit = lua.memoryLimit
        lua.writer.truncate()
        return lua.writer
    }
}
