import HTTP

/// The response body that a script writes piece by piece. The pieces are sent to the caller as they come. If the host
/// accepts only whole payloads, they are kept until the end.
final class ResponseBody {
    private enum State {
        case kept([UInt8])
        /// Pieces are sent as they come. The head is sent before the first piece and is nil from then on.
        case sent(any ResponseSink, head: HTTPResponse?)
        case closed
    }

    private var state: State
    /// Tasks that wait for room.
    private var waiting: [ScriptTask] = []
    private var wake: ((ScriptTask) -> Void)?

    enum Written {
        case sent
        /// The piece was kept for later, or was empty.
        case kept
        /// The piece was not accepted; the writer must wait.
        case noRoom
        /// The body has ended.
        case closed
        /// The kept bytes would exceed the limit.
        case full
        case callerGone
    }

    /// - Parameter caller: nil if the host waits for a payload.
    init(_ caller: (any ResponseSink)?, head: HTTPResponse?) {
        state = if let caller { .sent(caller, head: head) } else { .kept([]) }
    }

    /// - Parameter limit: the number of bytes that may be kept.
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
            guard !caller.isClosed else { return .callerGone }
            // An empty chunk would end the body.
            if piece.isEmpty { return .kept }
            guard caller.isWritable else { return .noRoom }
            caller.write(piece)
            return .sent
        }
    }

    /// Sends the head before the first piece.
    func sendHead() {
        guard case .sent(let caller, let head?) = state else { return }
        state = .sent(caller, head: nil)
        caller.respond(head)
    }

    /// Calls `wake` for the task when there is room.
    func whenRoom(_ task: ScriptTask, wake: @escaping (ScriptTask) -> Void) {
        waiting.append(task)
        self.wake = wake
        guard case .sent(let caller, _) = state else { return }
        caller.onWritable = { [self] in wakeAll() }
    }

    /// Wakes the tasks that wait for room. They find out by themselves whether there is some, or the caller is gone.
    func wakeAll() {
        let all = waiting
        waiting = []
        for task in all { wake?(task) }
    }

    /// Appends the last piece, even without room. Returns false if nothing has been sent, so that the piece needs a
    /// response of its own.
    func append(last piece: RawSpan) -> Bool {
        guard case .sent(let caller, nil) = state else { return false }
        if !caller.isClosed, !piece.isEmpty { caller.write(piece) }
        return true
    }

    /// Sends a comment if the caller has room. Returns false once the body has ended.
    func comment(_ text: [UInt8]) -> Bool {
        guard case .sent(let caller, nil) = state, !caller.isClosed else { return false }
        if caller.isWritable { caller.write(text.span.bytes) }
        return true
    }

    /// Gives up the caller, which has got the head, to somebody else who writes and ends the body.
    func handOver() -> (any ResponseSink)? {
        sendHead()
        guard case .sent(let caller, _) = state else { return nil }
        state = .closed
        waiting = []
        caller.onWritable = nil
        return caller
    }

    /// The kept bytes; nil if pieces are sent as they come.
    var kept: [UInt8]? { if case .kept(let bytes) = state { bytes } else { nil } }

    /// Ends the body. Returns false if nothing of it was sent; the outcome then needs its own response.
    func end(isComplete: Bool) -> Bool {
        if isComplete { sendHead() }
        guard case .sent(let caller, nil) = state else {
            state = .closed
            return false
        }
        state = .closed
        waiting = []
        caller.onWritable = nil
        caller.end(isComplete: isComplete)
        return true
    }
}
