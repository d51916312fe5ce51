import EventLoop
import HTTP1

/// One request until its response is complete. Redirects and a retry may take it over several connections.
public final class ClientCall {
    struct Events {
        let head: (ClientHead) -> Void
        let received: (RawSpan) -> Void
        let ended: (Result<Void, HTTPClientError>) -> Void
    }

    enum State {
        case waiting
        case looking(Resolver.Lookup)
        case trusting
        case connecting(TCPStream.Connecting)
        case securing(Handshake)
        case active(ClientConnection)
        /// The response has arrived and its connection is free again, but part of the body is not decompressed yet.
        case unpacking
        case ended
    }

    let client: HTTPClient
    var request: ClientRequest
    var events: Events?
    var state = State.waiting
    var origin: Origin
    var trail: RedirectTrail
    var unpacker: Unpacker?
    /// How often the request was sent again because a connection ended without a response.
    var resent = 0
    /// Whether a connection for this call is being made. The pool already counts it.
    private var isMaking = false
    var isPaused = false
    var hasHead = false
    /// How many bytes of a streamed request body were not written yet, or nil if its length was not announced.
    private var bodyLeft: Int?

    private let timer: Timer
    private let deadline: MonotonicTime
    var stage: (HTTPClientError.Stage, MonotonicTime)?

    /// Called once when there is room again to write the body of the request.
    public var onWritable: (() -> Void)?

    init(_ client: HTTPClient, _ request: ClientRequest, _ events: Events) {
        self.client = client
        self.request = request
        self.events = events
        origin = Origin(request.url)
        trail = RedirectTrail(request)
        timer = Timer(client.loop)
        deadline = request.timeout.map { .now + $0 } ?? .distantFuture
        timer.fired = { [unowned self] in lookAtClock() }
        startTimer()
    }

    /// Cancels the call. No callback runs afterwards. Calling it again does nothing.
    public func cancel() {
        events = nil
        end(nil)
    }

    // MARK: A connection

    func begin() {
        guard !hasEnded else { return }
        do throws(HTTPClientError) { try request.check() } catch { return fail(error) }
        proceed()
    }

    /// Sends the request over an idle connection, makes a new connection, or waits for one.
    func proceed() {
        guard case .waiting = state else { return }
        switch client.connection(for: self, to: origin, isFresh: resent > 0) {
        case .kept(let connection): start(on: connection)
        case .new: connect()
        case .wait: limit(.connect, to: request.connectTimeout)
        case .closed: fail(.cancelled)
        }
    }

    private func connect() {
        isMaking = true
        limit(.connect, to: request.connectTimeout)
        let lookup = Resolver.resolve(origin.host, port: origin.port, group: request.group, on: client.loop) {
            [self] result in
            switch result {
            case .success(let addresses): secure(addresses)
            case .failure(let error): fail(.name(error))
            }
        }
        state = .looking(lookup)
    }

    /// Loads the trusted certificates before it connects. Otherwise the server would have to wait while they are
    /// loaded.
    private func secure(_ addresses: [SocketAddress]) {
        guard origin.scheme == .https else { return open(addresses, nil) }
        state = .trusting
        client.trust.context(on: client.loop) { [self] result in
            guard case .trusting = state else { return }
            switch result {
            case .success(let context): open(addresses, context)
            case .failure(let error): fail(.tls(error))
            }
        }
    }

    private func open(_ addresses: [SocketAddress], _ context: TLSContext?) {
        let connecting = TCPStream.connect(client.loop, to: addresses, timeout: request.connectTimeout) {
            [self] result in
            switch result {
            case .failure(.timeout): fail(.timeout(.connect))
            case .failure(let error): fail(.connect(error))
            case .success(let stream):
                guard let context else { return take(stream) }
                shakeHands(over: stream, context)
            }
        }
        state = .connecting(connecting)
    }

    private func shakeHands(over stream: TCPStream, _ context: TLSContext) {
        let secured = TLSStream(client.loop, client: context, over: stream, name: origin.host)
        let handshake = Handshake(secured) { [self] error in
            fail(
                error.map {
                    if case .tls(let error) = $0 { .tls(error) } else { .connect($0) }
                } ?? .closed(nil))
        }
        secured.opened = { [self] in take(secured) }
        state = .securing(handshake)
    }

    private func take(_ stream: any ByteStream) {
        isMaking = false
        start(on: client.add(stream, to: origin))
    }

    // MARK: The request

    private func start(on connection: ClientConnection) {
        state = .active(connection)
        stage = nil
        hasHead = false
        var fields = request.fields
        let host = fields.first("host") ?? request.url.hostAndPort
        if let userInfo = request.url.userInfo, !fields.contains("authorization") {
            fields.add("Authorization", "Basic \(BasicCredentials.text(userInfo))")
        }
        if request.decodes, !fields.contains("accept-encoding") { fields.add("Accept-Encoding", "gzip, deflate") }
        var head: [UInt8] = []
        let framing: MessageWriter.RequestBody =
            switch request.body {
            case .none: .none
            case .bytes(let bytes): .length(bytes.count)
            case .chunked, .stream(nil, _): .chunked
            case .stream(let length?, _): .length(length)
            }
        let isWritten = MessageWriter.appendHead(
            method: request.method, target: request.target ?? request.url.target, host: host, fields: fields,
            body: framing, keepsPlaces: request.keepsPlaces, into: &head)
        guard isWritten else { return fail(.request("the request cannot be sent as it is")) }
        switch request.body {
        case .none:
            connection.begin(self, request.method, OutgoingBody(head: head, bytes: [], isChunked: false))
        case .bytes(let bytes):
            connection.begin(self, request.method, OutgoingBody(head: head, bytes: bytes, isChunked: false))
        case .chunked(let bytes):
            connection.begin(self, request.method, OutgoingBody(head: head, bytes: bytes, isChunked: true))
        case .stream(let length, let begin):
            bodyLeft = length
            connection.begin(self, request.method, head: head)
            begin(self)
        }
    }

    /// Whether the rest of a streamed body is still wanted: the call has not ended, and no redirect has replaced the
    /// request by one without a body.
    public var wantsBody: Bool { if case .stream = request.body { !hasEnded } else { false } }

    /// Sends a piece of a streamed body. Queues the piece if there is no room. Does nothing if it is not wanted.
    public func write(_ piece: RawSpan) {
        guard wantsBody, case .active(let connection) = state, piece.byteCount > 0 else { return }
        if let left = bodyLeft {
            guard piece.byteCount <= left else { return fail(.request("the body is longer than its length says")) }
            bodyLeft = left - piece.byteCount
            connection.write(piece)
        } else {
            var chunk: [UInt8] = []
            MessageWriter.appendChunk(piece, into: &chunk)
            connection.write(chunk.span.bytes)
        }
    }

    /// Ends a streamed body.
    ///
    /// - Parameter isComplete: false if the body broke off. The call then fails, and the server can tell that the
    ///   body is incomplete.
    public func endBody(isComplete: Bool = true) {
        guard wantsBody, case .active(let connection) = state else { return }
        guard isComplete else { return fail(.request("the body of the request broke off")) }
        guard bodyLeft ?? 0 == 0 else { return fail(.request("the body is shorter than its length says")) }
        if bodyLeft == nil {
            var last: [UInt8] = []
            MessageWriter.appendLastChunk(into: &last)
            connection.write(last.span.bytes)
        }
        connection.requestCompleted()
        connectionSentRequest()
    }

    /// Whether there is room to write more of the body without queueing too much.
    public var isWritable: Bool { if case .active(let connection) = state { connection.isWritable } else { true } }

    // MARK: The response

    /// Pauses the body of the response. Bytes that were already read may still arrive.
    public func pause() {
        isPaused = true
        if case .active(let connection) = state { connection.pause() }
    }

    public func resume() {
        isPaused = false
        if case .active(let connection) = state { connection.resume() }
        // The work is deferred, because the caller does not expect a callback while it calls `resume`.
        if unpacker != nil { client.loop.perform { [self] in unpack() } }
    }

    // MARK: Time

    private func limit(_ stage: HTTPClientError.Stage, to duration: Duration) {
        self.stage = (stage, .now + duration)
        startTimer()
    }

    func limitFirstByte() {
        if let limit = request.firstByteTimeout { self.limit(.firstByte, to: limit) }
    }

    func startTimer() {
        let next = min(deadline, stage?.1 ?? .distantFuture)
        guard next < .distantFuture else { return timer.stop() }
        timer.start(after: next - .now)
    }

    private func lookAtClock() {
        let now = MonotonicTime.now
        if now >= deadline {
            fail(.timeout(.whole))
        } else if let stage, now >= stage.1 {
            fail(.timeout(stage.0))
        } else {
            startTimer()
        }
    }

    // MARK: Ending

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    func fail(_ error: HTTPClientError) { end(.failure(error)) }

    func end(_ result: Result<Void, HTTPClientError>?) {
        guard !hasEnded else { return }
        let state = state
        self.state = .ended
        timer.close()
        switch state {
        case .waiting: client.withdraw(self, from: origin)
        case .looking(let lookup): lookup.cancel()
        case .connecting(let connecting): connecting.cancel()
        case .securing(let handshake): handshake.cancel()
        case .active(let connection): if case .success = result {} else { connection.close() }
        case .trusting, .unpacking, .ended: break
        }
        if isMaking { client.giveUp(origin) }
        onWritable = nil
        let told = events
        events = nil
        client.forget(self)
        if let result { told?.ended(result) }
    }
}
