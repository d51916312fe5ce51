import NIOCore

/// The response body that a script writes piece by piece: it goes to the caller as it comes or, where the host takes
/// whole payloads only, is kept until the end.
final class ResponseBody {
    private enum State {
        case closed
        case kept([UInt8])
        case sent
    }

    private var state = State.closed
    /// nil where the host waits for a payload.
    let caller: (any Caller)?
    /// Tasks that wait for room.
    private var waiting: [() -> Void] = []

    enum Written {
        case sent
        /// Kept for later, or nothing to send.
        case kept
        /// It has to wait: nothing was taken.
        case noRoom
        /// The body has not begun, or has ended.
        case closed
        /// What is kept would grow over the limit.
        case full
        case callerGone
    }

    init(_ caller: (any Caller)?) { self.caller = caller }

    /// From now on pieces go out, or are kept.
    func begin() { state = caller == nil ? .kept([]) : .sent }

    /// - Parameter limit: bytes that may be kept.
    func write(_ piece: [UInt8], limit: Int) -> Written {
        switch state {
        case .closed: return .closed
        case .kept(var bytes):
            guard bytes.count + piece.count <= limit else { return .full }
            state = .closed  // so that the array is not copied
            bytes += piece
            state = .kept(bytes)
            return .kept
        case .sent:
            guard let caller, !caller.isGone else { return .callerGone }
            // An empty chunk would end the body.
            if piece.isEmpty { return .kept }
            guard caller.hasRoom else { return .noRoom }
            caller.write(ByteBuffer(bytes: piece))
            return .sent
        }
    }

    func whenRoom(_ body: @escaping () -> Void) {
        waiting.append(body)
        caller?.onRoom = { [self] in
            let all = waiting
            waiting = []
            for body in all { body() }
        }
    }

    /// What was kept; nil if nothing ever was to be.
    var kept: [UInt8]? { if case .kept(let bytes) = state { bytes } else { nil } }

    /// The end of one response brings the next request of the connection, so nothing of this one is touched after it.
    ///
    /// - Parameter hasHead: the response has begun.
    func end(isComplete: Bool, hasHead: Bool) {
        let isSent = if case .sent = state { hasHead } else { false }
        state = .closed
        waiting = []
        caller?.onRoom = nil
        caller?.onLeaving = nil
        if isSent { caller?.end(isComplete: isComplete) }
    }
}
