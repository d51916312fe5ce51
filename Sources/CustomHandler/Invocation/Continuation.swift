import Lua

/// Work that goes on after the loop has polled its sockets, or when its VM is free.
enum Continuation {
    /// A task that is ready begins or goes on, once its VM is free.
    case advance(ScriptTask)
    /// The next slice of a task that keeps its VM.
    case proceed(ScriptTask)
    case joined(TaskJoin)
    /// Gives back the thread of a task, once its VM is free.
    case discard(ScriptTask)
    /// Gives back the next of the threads that an execution has left, once its VM is free.
    case close(Execution)
    /// Collects the next piece of garbage in a VM whose memory limit a task has reached.
    case relieve(ScriptTask)
    /// Collects a VM that an invocation left large, once it is free.
    case tidy(FunctionVM)
    /// The next piece of that collection, during which the VM stays busy.
    case tidyFurther(FunctionVM)
    /// Frees the next piece of a VM that is no longer used.
    case dismantle(FunctionVM)
    /// The next of what waits for this VM.
    case resume(FunctionVM)
    /// Loads a function ahead of its first call.
    case load(FunctionPool)
    /// The invocations that wait for a VM of this function.
    case serve(FunctionPool)
    case expire(Execution)
    case leave(Invocation)

    /// The VM that must be free for it.
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
    case joined(TaskResults)
    case replied(OutboundReply)
    /// The caller takes more of the response body, so the piece is written now. If another task was faster, this one
    /// waits again.
    case writes
    /// For a kind of wait that the scheduler does not know.
    case unknown

    /// Pushes the results; returns their number.
    func push(onto stack: LuaStack, of vm: FunctionVM) throws(LuaError) -> Int {
        switch self {
        case .slept: return 0
        case .joined(let results): return try results.push(onto: stack)
        case .replied(let reply): return try reply.push(onto: stack)
        case .writes: return try vm.write(on: stack)
        case .unknown: throw .message("nothing completes this wait")
        }
    }
}

/// The wait of a function in luafunc's modules.
enum Wait: Operation {
    case sleep(Duration)
    /// For all of these tasks, or for the first that fails.
    case tasks([Int64], returnsList: Bool)
    case http(OutboundRequest)
    /// For room to write more of the response body.
    case room
}
