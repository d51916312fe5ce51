import Lua

/// What goes on after the loop has polled its sockets, or when a VM is free for it.
enum Continuation {
    /// The next slice of a task.
    case advance(ScriptTask, Completion?)
    /// A task whose operation is over.
    case wake(ScriptTask, Completion)
    case joined(TaskJoin)
    /// The thread of a task is given back.
    case discard(ScriptTask)
    /// The next of the threads that a run has left are given back.
    case close(Run)
    /// The next piece of the garbage of a VM whose memory limit a task has reached.
    case relieve(ScriptTask)
    /// The next piece of the garbage of a VM that an invocation left large.
    case tidy(FunctionVM)
    /// The next piece of a VM that nobody uses any more.
    case dismantle(FunctionVM)
    /// What waits for this VM.
    case resume(FunctionVM)
    /// The invocations that wait for a VM of this function.
    case serve(FunctionPool)
    case expire(Run)
    case leave(Invocation)
}

/// What the function that a task waited in gives to the script.
enum Completion {
    case slept
    case joined(TaskResults)
    case replied(OutboundReply)
    /// The caller takes more of the response body. The piece is written now, unless another task was faster: then it
    /// waits again.
    case writes
    /// Nothing wakes a wait that nobody knows.
    case unknown

    /// Pushes the results; answers how many.
    func push(onto stack: LuaStack, of machine: FunctionVM) throws(LuaError) -> Int {
        switch self {
        case .slept: return 0
        case .joined(let results): return try results.push(onto: stack)
        case .replied(let reply): return try reply.push(onto: stack)
        case .writes: return try machine.write(on: stack)
        case .unknown: throw .message("nothing completes this wait")
        }
    }
}

/// What a function of luafunc's modules waits for.
enum Wait: Operation {
    case sleep(Duration)
    /// All of these tasks, or the first of them that fails.
    case tasks([Int64], returnsList: Bool)
    case http(OutboundRequest)
    /// Until the caller takes more of the response body.
    case room
}
