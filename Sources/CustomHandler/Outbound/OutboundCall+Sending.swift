import HTTP

/// Sends a body that the script writes piece by piece.
extension OutboundCall {
    enum Sent {
        /// The whole piece was accepted.
        case all
        case noRoom
        /// The server has answered or the call has ended, so no more is wanted.
        case unwanted
        /// The body would be longer or shorter than its announced length.
        case wrongLength(Int)
    }

    /// The largest chunk.
    private static let chunkSize = 32 << 10

    private var wantsPieces: Bool {
        guard reply == nil || request.streams, case .active(let call) = phase, call.wantsBody else { return false }
        // A server that reports a failure has no use for the rest.
        return head.map { $0.status < 300 } ?? true
    }

    /// Sends as much of the script's piece as there is room for. After `noRoom` the next call continues with the same
    /// piece.
    func send(_ piece: RawSpan) -> Sent {
        if case .new = phase { return .noRoom }
        guard wantsPieces, case .active(let call) = phase else { return .unwanted }
        guard takesPieces else { return .noRoom }
        if position == 0, case .pieces(let length?) = request.body, piece.byteCount > length - sent {
            return .wrongLength(length)
        }
        while position < piece.byteCount {
            guard call.isWritable else { return .noRoom }
            let end = min(position + Self.chunkSize, piece.byteCount)
            call.write(piece.extracting(position..<end))
            position = end
        }
        sent += position
        position = 0
        return .all
    }

    /// Ends the body that the script has sent.
    func endBody() -> Sent {
        if case .new = phase { return .noRoom }
        guard wantsPieces, case .active(let call) = phase else { return .unwanted }
        guard takesPieces else { return .noRoom }
        if case .pieces(let length?) = request.body, sent < length { return .wrongLength(length) }
        call.endBody()
        return .all
    }
}
