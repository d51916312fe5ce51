import EventLoop
import Lua

/// One Lua thread of an execution: that of the handler, that of a spawned task, or one for luafunc's own work.
final class ScriptTask {
    /// The purpose of the task's code.
    enum Role {
        /// The top level of the script.
        case script
        case handler
        /// Reads a long payload before the handler begins.
        case reader
        /// Writes a long table of the response.
        case writer
        /// Produces the response body after the handler has returned.
        case body
        case spawned
        /// Runs an input of a prompt.
        case input
    }

    enum State {
        /// The task has not begun, is between two slices, or is about to continue with its completion.
        case ready
        case waiting(Source)
        case finished
        /// The task has failed. The error value is on top of its stack.
        case failed(Step.Cause)
        /// The script has cancelled the task. It never runs again, and its stack must not be used.
        case cancelled
    }

    /// What a waiting task waits for.
    enum Source {
        case timer(Timer)
        case call(OutboundCall)
        case file(FileCall)
        case join(TaskJoin)
        case answer(PendingAsk)
        /// Room in the response body, or the keys of an issuer. There is nothing to cancel.
        case others

        func cancel() {
            switch self {
            case .timer(let timer): timer.close()
            case .call(let call): call.cancel()
            case .file(let call): call.cancel()
            case .join(let join): join.abandon()
            case .answer(let ask): ask.cancel()
            case .others: break
            }
        }
    }

    let thread: LuaThread
    let role: Role
    let execution: Execution
    /// The number of arguments on the stack for the task's function; 0 once the task has begun.
    var arguments: Int
    var state = State.ready
    /// The result of the wait, with which the task continues.
    var completion: Completion?
    /// The joins that wait for the task's end.
    var joins: [TaskJoin] = []
    /// The number that identifies the task to the script; 0 for tasks that the script has not spawned.
    var number: Int64 = 0
    /// The number of joins that will take the task's results.
    var takers = 0
    /// Whether no one waits for the task any more. Its thread is recycled as soon as the VM is free.
    private(set) var isDiscarded = false
    /// Whether the thread has been recycled.
    var isClosed = false
    /// Whether the task has failed and no join has raised its error yet.
    var owesError = false

    init(_ role: Role, _ thread: LuaThread, of execution: Execution, arguments: Int) {
        self.role = role
        self.thread = thread
        self.execution = execution
        self.arguments = arguments
    }

    /// Ends the task's wait with this result. Returns false if the task no longer waits.
    func goesOn(with completion: Completion) -> Bool {
        guard case .waiting = state, !isDiscarded else { return false }
        state = .ready
        self.completion = completion
        return true
    }

    /// Cancels the task's wait and marks the task as discarded.
    func discard() {
        // Such a task waits for nothing, and its joins have been told.
        if case .finished = state { return isDiscarded = true }
        endWait()
        // Joins hold the tasks that they watch, so this breaks a reference cycle.
        joins = []
    }

    /// Ends the task for the script. The joins that wait for it must be told, and its thread must be recycled.
    func cancel() {
        let former = state
        state = .cancelled
        if case .waiting(let source) = former { source.cancel() }
        endWait()
    }

    private func endWait() {
        // The mark comes first, because a cancelled source may wake tasks.
        isDiscarded = true
        if case .waiting(let source) = state {
            // A join holds its waiting task, so this breaks a reference cycle.
            state = .ready
            source.cancel()
        }
        if case .joined(let results) = completion { results.letGo() }
        completion = nil
    }

    var isCancelled: Bool { if case .cancelled = state { true } else { false } }

    var hasEnded: Bool {
        switch state {
        case .finished, .failed, .cancelled: true
        case .ready, .waiting: false
        }
    }
}
