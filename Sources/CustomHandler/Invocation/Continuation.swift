import Lua

/// Work that runs after the event loop has polled its sockets, or when its VM is free.
enum Continuation {
    /// A task that is ready begins or continues, once its VM is free.
    case advance(ScriptTask)
    /// A task that keeps its VM runs its next slice.
    case proceed(ScriptTask)
    case joined(TaskJoin)
    /// The thread of a task that was cancelled or can no longer be joined is recycled, once its VM is free.
    case discard(ScriptTask)
    /// The next threads that an ended execution has left are recycled, once its VM is free.
    case close(Execution)
    /// The next piece of garbage is collected in a VM whose memory limit a task has reached.
    case relieve(ScriptTask)
    /// A VM that an invocation has left large is collected, once it is free.
    case tidy(FunctionVM)
    /// The next piece of that collection runs. The VM stays busy meanwhile.
    case tidyFurther(FunctionVM)
    /// The next piece of a VM that is no longer used is freed.
    case dismantle(FunctionVM)
    /// The next work that waits for this VM runs.
    case resume(FunctionVM)
    /// A function is loaded before its first call.
    case load(FunctionPool)
    /// The invocations that wait for a VM of this function are served.
    case serve(FunctionPool)
    case expire(Execution)
    case leave(Invocation)

    /// The VM that must be free before the work can run; nil if there is none.
    var needed: FunctionVM? {
        switch self {
        case .advance(let task), .discard(let task): task.execution.vm
        case .close(let execution): execution.vm
        case .tidy(let vm): vm
        default: nil
        }
    }
}

/// The result of the function in which a task waited.
enum Completion {
    case slept
    /// The keys were fetched, or that has failed; `KeySets` knows.
    case fetched
    case joined(TaskResults)
    /// The request has changed, so the function looks again.
    case call(OutboundStep)
    case read(FileReply)
    /// The caller can take more of the response body, so the piece is written now. If another task was faster, this
    /// task waits again.
    case writes
    /// The client's answer; nil if none has come in time.
    case answer(PendingAsk.Answer?)
    /// Something outside of this floor that a test has waited for has ended. The function pushes its results.
    case outside(HostFunction)
    /// The task waited for something that the scheduler does not know.
    case unknown

    /// Pushes the results. Returns their number.
    func push(onto stack: LuaStack, of vm: FunctionVM) throws(LuaError) -> Int {
        switch self {
        case .slept, .fetched: return 0
        case .joined(let results): return try results.push(onto: stack)
        case .call(let step): return try vm.perform(step, on: stack)
        case .read(let reply): return try vm.push(reply, onto: stack)
        case .writes: return try vm.write(on: stack)
        case .answer(let answer): return StreamFunctions.push(answer, onto: stack)
        case .outside(let push): return try push(stack)
        case .unknown: throw .message("nothing completes this wait")
        }
    }
}

/// What a function of luafunc's modules waits for.
enum Wait: Operation {
    case sleep(Duration)
    /// The end of all these tasks, or of the first one that fails.
    case tasks([Int64], returnsList: Bool)
    /// A change of the request with this number, after which the step is done again.
    case call(Int64, OutboundStep)
    case file(FileRequest)
    /// The keys that are at this URL.
    case keySet(String)
    /// Room to write more of the response body.
    case room
    /// The answer to the ask with this id, for at most this time.
    case answer(String, Duration)
    /// Nothing: the invocation ends here.
    case conclusion
    /// What a test waits for, by its number in the `TestScript`.
    case outside(Int)
}
