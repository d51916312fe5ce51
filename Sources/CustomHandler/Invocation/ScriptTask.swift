import EventLoop
import Lua

/// One Lua thread of an execution: the handler's own, that of a spawned task, or one for a part of luafunc's own work.
final class ScriptTask {
    /// What its code is for.
    enum Role {
        /// The top level of the script.
        case script
        case handler
        /// Reads a long payload before the handler begins.
        case reader
        /// Writes a long table of the answer.
        case writer
        /// Produces the response body after the handler has returned.
        case body
        case spawned
    }

    enum State {
        /// Not begun, between two slices, or about to go on with its completion.
        case ready
        case waiting(Source)
        case finished
        /// The error value is on top of its stack.
        case failed(Step.Cause)
    }

    /// What a waiting task waits for.
    enum Source {
        case timer(Timer)
        case reply(OutboundCall)
        /// Other tasks, or room in the response body: there is nothing to cancel.
        case others

        func cancel() {
            switch self {
            case .timer(let timer): timer.close()
            case .reply(let call): call.cancel()
            case .others: break
            }
        }
    }

    let thread: LuaThread
    let role: Role
    let execution: Execution
    /// The number of arguments on the stack for its function; 0 once it has begun.
    var arguments: Int
    var state = State.ready
    /// The result of what it waited for, with which it goes on.
    var completion: Completion?
    /// The joins that wait for its end.
    var joins: [TaskJoin] = []
    /// The number by which the script knows it; 0 for tasks that it has not spawned.
    var number: Int64 = 0
    /// The number of joins that will take its results.
    var takers = 0
    /// Nobody waits for it any more; its thread is given back as soon as the VM is free.
    var isDiscarded = false

    init(_ role: Role, _ thread: LuaThread, of execution: Execution, arguments: Int) {
        self.role = role
        self.thread = thread
        self.execution = execution
        self.arguments = arguments
    }

    /// Ends its wait with this result. Returns false if it does not wait any more.
    func goesOn(with completion: Completion) -> Bool {
        guard case .waiting = state, !isDiscarded else { return false }
        state = .ready
        self.completion = completion
        return true
    }

    /// Cancels its wait and marks it as discarded.
    func discard() {
        if case .waiting(let source) = state { source.cancel() }
        isDiscarded = true
        completion = nil
        // Joins hold the tasks they watch, and so this one.
        joins = []
    }

    var hasEnded: Bool {
        switch state {
        case .finished, .failed: true
        case .ready, .waiting: false
        }
    }
}
