public import EventLoop
import HTTP1

extension HTTPConnection: ByteStreamDelegate {
    public func streamReceived(_ bytes: RawSpan) {
        if input.isEmpty {
            consume(bytes)
            if consumed < bytes.byteCount { input.append(copying: bytes.extracting(consumed..<bytes.byteCount)) }
        } else {
            input.append(copying: bytes)
            consumeInput()
        }
        settle()
    }

    public func streamInputEnded() {
        state.inputEnded()
        if state.isAnswering, responder.halfCloseMeansGone(request) { leave() }
        consumeInput()
        settle()
    }

    public func streamDrained() {
        tellRoom()
        consumeInput()
        settle()
    }

    public func streamSent() { if !isClosing { tellHeld(stream.heldBytes) } }

    public func streamClosed(_ error: StreamError?) { closed() }

    /// Consumes the buffered input as far as the state allows.
    func consumeInput() {
        guard !isConsuming else { return }
        do {
            // Nothing changes the buffer during this call, so the array is not copied.
            let bytes = input
            consume(bytes.span.bytes)
        }
        if consumed < input.count {
            input.removeSubrange(..<consumed)
        } else if input.capacity > Self.watermark {
            input = []
        } else {
            input.removeAll(keepingCapacity: true)
        }
    }

    private func consume(_ bytes: RawSpan) {
        isConsuming = true
        available = bytes.byteCount
        consumed = 0
        while takeNext(bytes) {}
        isConsuming = false
        if state.hasInputEnded, isHungry { act(state.inputIsExhausted()) }
    }

    /// Whether the caller has sent bytes that were not consumed yet.
    var hasUnread: Bool { isConsuming ? consumed < available : !input.isEmpty }

    /// Whether the connection would take more bytes at once.
    var isHungry: Bool {
        switch state.input {
        case .head: isWritable
        case .body(let body): !body.isStreamed || canDeliver
        case .next: false
        case .dropped: true
        }
    }

    private var canDeliver: Bool { !isBodyPaused && onBody != nil }

    /// - Returns: false if nothing more can be taken now.
    private func takeNext(_ bytes: RawSpan) -> Bool {
        switch state.input {
        case .head: return consumed < available && makesRoom() && takeHead(bytes)
        case .body(let body): return takeBody(bytes, body)
        case .next: return false
        case .dropped:
            consumed = available
            state.bytesDropped()
            return false
        }
    }

    private func takeHead(_ bytes: RawSpan) -> Bool {
        if case .head(hasBegun: false) = state.input, !isKnownUniquelyReferenced(&request) { request = HTTPRequest() }
        let request = request
        let rest = bytes.extracting(consumed..<available)
        switch parser.parse(rest, into: &request.head) {
        case .incomplete:
            // Some clients send an empty line after a body. It does not start a new request.
            if !rest.isEmptyLine { state.headIsIncomplete(isHead: rest.beginsWithHEAD) }
            return false
        case .invalid(let error):
            act(state.headFailed(error, isHead: rest.beginsWithHEAD))
        case .complete:
            request.takeHead(from: rest)
            consumed += request.head.length
            prepareBody(request)
            act(state.headArrived(request.head, isStreamed: request.isStreamed))
        }
        return true
    }

    private func prepareBody(_ request: HTTPRequest) {
        request.isStreamed = false
        request.isCut = false
        switch request.head.framing {
        case .none, .untilClose, .length(0): request.clearBody()
        case .length(let length):
            request.isStreamed = responder.takesStream(request)
            // A body that is already complete replaces the previous one in a single copy.
            if !request.isStreamed, length <= available - consumed { return }
            request.clearBody()
            // A body in several reads is copied once, into a buffer of its final size. A header alone may not claim
            // more than `claimedSize`; a larger buffer grows as bytes arrive (`makeRoom`).
            if !request.isStreamed { request.body.reserveCapacity(min(length, settings.bodyLimit, Self.claimedSize)) }
        case .chunked:
            request.isStreamed = responder.takesStream(request)
            request.clearBody()
            chunks = ChunkedDecoder()
        }
    }

    private static let claimedSize = 1 << 20

    /// Enlarges the buffer of a long body, to its final size as soon as a sixteenth of the body has arrived. If the
    /// buffer doubled each time, the body would be copied more often, and each copy would touch new memory.
    private func makeRoom(for piece: Int, of length: Int) {
        let needed = request.body.count + piece
        guard needed > request.body.capacity else { return }
        request.body.reserveCapacity(length <= 16 * needed ? max(needed, length) : 8 * needed)
    }

    private func takeBody(_ bytes: RawSpan, _ body: ConnectionState.Body) -> Bool {
        guard consumed < available else {
            act(state.bodyIsIncomplete())
            return false
        }
        if body.isStreamed, !canDeliver { return false }
        guard let left = body.left else { return takeChunks(bytes.extracting(consumed..<available)) }
        let piece = bytes.extracting(consumed..<consumed + min(left, available - consumed))
        consumed += piece.byteCount
        let action = bodyArrived(piece.byteCount)
        if body.isStreamed {
            onBody?(piece)
        } else if request.isCut {
            // The piece is dropped.
        } else if body.received == 0 {
            request.body.replaceAll(copying: piece)
        } else {
            makeRoom(for: piece.byteCount, of: body.received + left)
            request.body.append(copying: piece)
        }
        act(action)
        return true
    }

    /// Counts bytes of the body, and asks the responder for its limit once there are many.
    private func bodyArrived(_ count: Int) -> ConnectionState.Action {
        var action = state.bodyArrived(count)
        if case .askLimit = action { action = limitBody() }
        if state.isDroppingBody { request.cutBody() }
        return action
    }

    func limitBody() -> ConnectionState.Action {
        let action = state.limitBody(to: responder.bodyLimit(of: request))
        if state.isDroppingBody { request.cutBody() }
        return action
    }

    private func takeChunks(_ rest: RawSpan) -> Bool {
        var action = ConnectionState.Action.none
        do throws(ChunkError) {
            let count = try chunks.decode(rest) { piece in
                guard case .none = action else { return }
                action = bodyArrived(piece.byteCount)
                guard case .none = action else { return }
                if request.isStreamed {
                    onBody?(piece)
                } else if !request.isCut {
                    request.body.append(copying: piece)
                }
            }
            consumed += count
            act(action)
            if chunks.isComplete { act(state.bodyEnded()) }
        } catch {
            act(state.fail(.malformedChunk(error)))
        }
        return true
    }
}

extension RawSpan {
    /// The response to a HEAD request has no body, even if the rest of the request cannot be parsed.
    fileprivate var beginsWithHEAD: Bool { [UInt8](copying: extracting(first: 5)) == Array("HEAD ".utf8) }

    fileprivate var isEmptyLine: Bool {
        byteCount <= 2 && Array("\r\n".utf8).starts(with: [UInt8](copying: self))
    }
}
