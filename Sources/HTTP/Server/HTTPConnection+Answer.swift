import EventLoop
import HTTP1

/// How a responder answers a request.
extension HTTPConnection {
    /// Sends a response. If its body is `.streamed`, call `write` and `end` afterwards. Does nothing if the caller is
    /// gone.
    public func respond(_ response: HTTPResponse) {
        guard state.isAwaited else { return }
        let status = Self.final(response.status)
        let mayKeepOpen = state.mayKeepOpen(isStreamed: response.isStreamed, hasUnread: hasUnread)
        switch response.body {
        case .bytes(let body):
            let ending = MessageWriter.appendHead(
                status: status, reason: response.reason, fields: response.fields, body: .length(body.count),
                to: state.traits, keepsAlive: mayKeepOpen, into: &output)
            if ending.hasBody { append(body.span.bytes) }
            finishResponse(keepsOpen: ending.keepsAlive)
        case .chunked(let body):
            let length = state.traits.isHead ? Self.length(in: response.fields) : nil
            let ending = MessageWriter.appendHead(
                status: status, reason: response.reason, fields: response.fields,
                body: length.map { .length($0) } ?? .chunked, to: state.traits, keepsAlive: mayKeepOpen, into: &output)
            if ending.isChunked {
                if !body.isEmpty { MessageWriter.appendChunk(body.span.bytes, into: &output) }
                MessageWriter.appendLastChunk(into: &output)
            } else if ending.hasBody {
                append(body.span.bytes)
            }
            finishResponse(keepsOpen: ending.keepsAlive)
        case .streamed:
            let length = Self.length(in: response.fields)
            let ending = MessageWriter.appendHead(
                status: status, fields: response.fields, body: length.map { .length($0) } ?? .streamed,
                to: state.traits, keepsAlive: mayKeepOpen, into: &output)
            act(
                state.streams(
                    .init(
                        isChunked: ending.isChunked, left: ending.hasBody ? length : nil, hasBody: ending.hasBody,
                        keepsOpen: ending.keepsAlive)))
            settle()
        }
    }

    /// Sends a response whose only field is `Content-Type`, without allocating.
    public func respond(status: Int, contentType: StaticString, body: RawSpan) {
        guard state.isAwaited else { return }
        let mayKeepOpen = state.mayKeepOpen(isStreamed: false, hasUnread: hasUnread)
        let ending = MessageWriter.append(
            status: Self.final(status), contentType: contentType, body: body, to: state.traits, keepsAlive: mayKeepOpen,
            into: &output)
        finishResponse(keepsOpen: ending.keepsAlive)
    }

    private func finishResponse(keepsOpen: Bool) {
        act(state.responded(keepsOpen: keepsOpen))
        proceed()
    }

    /// Continues with requests that arrived in the meantime, unless `consume` is already doing so.
    private func proceed() {
        guard !isConsuming else { return }
        // The response goes out before the next request is handled.
        flush()
        consumeInput()
        settle()
    }

    /// Bodies of at least this size are written directly instead of being copied into the output buffer.
    private static let largeBody = 16 << 10

    private func append(_ body: RawSpan) {
        guard body.byteCount >= Self.largeBody else { return output.append(copying: body) }
        flush()
        written += body.byteCount
        stream.write(body)
    }

    /// Sends a piece of a streamed body. Without room the piece is queued, so check `isWritable` first.
    public func write(_ piece: RawSpan) {
        let (count, isChunk) = state.write(piece.byteCount)
        guard count > 0 else { return }
        let piece = piece.extracting(first: count)
        if isChunk { MessageWriter.appendChunk(piece, into: &output) } else { output.append(copying: piece) }
        if output.count >= Self.watermark { flush() }
        settle()
    }

    /// Ends a streamed body.
    ///
    /// - Parameter isComplete: false if the body broke off. The caller can tell, because the last chunk is missing.
    public func end(isComplete: Bool) {
        guard state.isAnswering else {
            // The connection has already abandoned the response, so only its callbacks are dropped.
            return endExchange()
        }
        let (hasLastChunk, action) = state.end(isComplete: isComplete)
        if hasLastChunk { MessageWriter.appendLastChunk(into: &output) }
        act(action)
        proceed()
    }

    /// False while more than the high watermark is queued for the caller.
    public var isWritable: Bool { !stream.isFull }

    /// The connection calls this once when there is room again, and forgets it.
    public var onWritable: (() -> Void)? {
        get { hooks.room }
        set {
            hooks.room = newValue
            hasHooks = true
        }
    }

    /// The caller is gone, or the connection has given up on it.
    public var isClosed: Bool { state.output == .finished }

    /// The connection calls this at most once: if the caller leaves before the response is complete.
    public var onDisconnect: (() -> Void)? {
        get { hooks.leaving }
        set {
            hooks.leaving = newValue
            hasHooks = true
        }
    }

    func tellRoom() {
        guard hasHooks, let told = hooks.room else { return }
        hooks.room = nil
        told()
    }

    /// An informational or impossible status would leave the caller waiting, so it becomes 500.
    private static func final(_ status: Int) -> Int { (200...999).contains(status) ? status : 500 }

    private static func length(in fields: HTTPFields) -> Int? {
        fields.first("content-length").flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
    }
}

// MARK: A streamed request

extension HTTPConnection {
    /// Receives the pieces of the body. The first piece comes after the responder's `respond` has returned. If you set
    /// this later, call `resumeBody` to start.
    public var onBody: ((RawSpan) -> Void)? {
        get { hooks.body }
        set {
            hooks.body = newValue
            hasHooks = true
        }
    }

    /// The connection calls this once, after the last piece. `isComplete` is false if the body broke off.
    public var onBodyEnd: ((_ isComplete: Bool) -> Void)? {
        get { hooks.bodyEnd }
        set {
            hooks.bodyEnd = newValue
            hasHooks = true
        }
    }

    /// Stops the pieces. Bytes that have already been read may still be delivered.
    public func pauseBody() { isBodyPaused = true }

    /// Starts or continues the pieces, in the next turn of the loop.
    public func resumeBody() {
        isBodyPaused = false
        // The caller of this method may be in the middle of `consume`, so the work is deferred.
        loop.perform { [self] in
            guard !isConsuming else { return }
            consumeInput()
            settle()
        }
    }
}

extension HTTPResponse {
    var isStreamed: Bool { if case .streamed = body { true } else { false } }
}
