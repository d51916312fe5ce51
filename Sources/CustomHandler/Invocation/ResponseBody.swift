import HTTP

/// The response body that a script writes piece by piece: it goes to the caller as it comes or, where the host takes
/// whole payloads only, is kept until the end.
final class ResponseBody {
    private enum State {
        case kept([UInt8])
        /// Pieces go out as they come, and the head before the first of them.
        case sent(any Caller, head: HTTPResponse?)
        case closed
    }

    private var state: State
    /// Tasks that wait for room.
    private var waiting: [ScriptTask] = []

    enum Written {
        case sent
        /// Kept for later, or nothing to send.
        case kept
        /// It has to wait: nothing was taken.
        case noRoom
        /// The body has ended.
        case closed
        /// What is kept would grow over the limit.
        case full
        case callerGone
    }

    /// - Parameter caller: nil where the host waits for a payload.
    init(_ caller: (any Caller)?, head: HTTPResponse?) {
        state = if let caller { .sent(caller, head: head) } else { .kept([]) }
    }

    /// - Parameter limit: bytes that may be kept.
    func write(_ piece: RawSpan, limit: Int) -> Written {
        switch state {
        case .closed: return .closed
        case .kept(var bytes):
            guard bytes.count + piece.byteCount <= limit else { return .full }
            state = .closed  // so that the array is not copied
            piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
            state = .kept(bytes)
            return .kept
        case .sent(let caller, _):
            sendHead()
            guard !caller.isGone else { return .callerGone }
            // An empty chunk would end the body.
            if piece.isEmpty { return .kept }
            guard caller.hasRoom else { return .noRoom }
            caller.write(piece)
            return .sent
        }
    }

    private func sendHead() {
        guard case .sent(let caller, let head?) = state else { return }
        state = .sent(caller, head: nil)
        caller.respond(head)
    }

    /// Wakes the task by `wake` when there is room.
    func whenRoom(_ task: ScriptTask, wake: @escaping (ScriptTask) -> Void) {
        waiting.append(task)
        guard case .sent(let caller, _) = state else { return }
        caller.onRoom = { [self] in
            let all = waiting
            waiting = []
            for task in all { wake(task) }
        }
    }

    /// What was kept; nil where pieces go out as they come.
    var kept: [UInt8]? { if case .kept(let bytes) = state { bytes } else { nil } }

    /// Ends a body that is on its way; false where nothing of it is out, so that the outcome is a response of its own.
    func end(isComplete: Bool) -> Bool {
        if isComplete { sendHead() }
        guard case .sent(let caller, nil) = state else {
            state = .closed
            return false
        }
        state = .closed
        waiting = []
        caller.onRoom = nil
        caller.end(isComplete: isComplete)
        return true
    }
}
