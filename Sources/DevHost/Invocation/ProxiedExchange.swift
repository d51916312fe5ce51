import EventLoop
import HTTP
import HTTP1

/// A request and its response, both passed on as they arrive. Neither side is read faster than the other side accepts
/// the data.
@MainLoop
final class ProxiedExchange {
    private let request: HTTPRequest
    private let connection: HTTPConnection
    private let watch: InvocationWatch
    private let ours: HostFields
    private let bodyLimit: Int
    private var ended: (@MainLoop () -> Void)?
    private var state = State.waiting

    private enum State {
        /// The exchange waits for the head of the response.
        case waiting
        case responding
        case ended
    }

    private var call: ClientCall?
    private var alarm: Timer?
    /// When the response must have begun, and after how long.
    private var deadline: (MonotonicTime, Duration)?
    /// Reports the end of the invocation. The argument tells whether the response is complete.
    private var unfinished: (@MainLoop (Bool) -> Void)?
    /// The bytes of the request's body so far.
    private var received = 0
    /// Called once with the whole body, or with nil if it is too large to be kept.
    var record: (@MainLoop ([UInt8]?) -> Void)?
    private let mcp: MCPCall?
    /// The body so far, if it is to be recorded.
    private var kept: [UInt8] = []

    init(
        _ request: HTTPRequest, _ connection: HTTPConnection, _ watch: InvocationWatch, adding ours: HostFields,
        bodyLimit: Int, ended: @escaping @MainLoop () -> Void
    ) {
        self.request = request
        self.connection = connection
        self.watch = watch
        self.ours = ours
        self.bodyLimit = bodyLimit
        self.ended = ended
        mcp = MCPCall(request)
    }

    func begin(_ outgoing: ClientRequest, by client: HTTPClient) {
        guard !connection.isClosed else { return callerLeft() }
        let length = request.first("content-length").flatMap { Int($0) }
        guard (length ?? 0) <= bodyLimit else { return refuse() }
        var outgoing = outgoing
        if request.isStreamed {
            outgoing.body = .stream(length: length) { [self] in handOnBody(to: $0) }
        } else if !request.body.isEmpty {
            outgoing.body = .bytes(request.body)
        }
        if !request.isStreamed { record?(request.body) }
        connection.onDisconnect = { [self] in callerLeft() }
        call = client.send(
            outgoing, head: { [self] in respond($0) }, received: { [self] in handBack($0) },
            ended: { [self] in end($0) })
    }

    /// - Parameter killed: called if the response has not begun when the grace is over; returns the failure.
    func limitHead(to limit: Duration, grace: Duration, killed: @escaping @MainLoop () -> String) {
        guard case .waiting = state else { return }
        deadline = (.now + limit, limit)
        alarm = EventLoop.main.schedule(after: limit + grace) { [self] in fail(killed()) }
    }

    // MARK: The request's body

    private func handOnBody(to call: ClientCall) {
        connection.onBody = { [self] piece in
            received += piece.byteCount
            guard received <= bodyLimit else { return refuse() }
            keep(piece)
            if let mcp { piece.withUnsafeBytes { mcp.sent(Array($0)) } }
            call.write(piece)
            guard !call.isWritable else { return }
            connection.pauseBody()
            call.onWritable = { [connection] in connection.resumeBody() }
        }
        connection.onBodyEnd = { [self] isComplete in
            if isComplete { record?(kept) }
            call.endBody(isComplete: isComplete)
        }
        connection.resumeBody()
    }

    private func keep(_ piece: RawSpan) {
        guard let record else { return }
        guard received <= Recorder.sizeLimit else {
            self.record = nil
            kept = []
            return record(nil)
        }
        piece.withUnsafeBytes { kept.append(contentsOf: $0) }
    }

    /// Fails as the real host does for a body that is too large.
    private func refuse() { fail("the request's body is larger than \(bodyLimit) bytes") }

    // MARK: The response

    private func respond(_ head: ClientHead) {
        guard case .waiting = state else { return }
        if let deadline, MonotonicTime.now > deadline.0 { return fail("\(InvocationError.late(deadline.1))") }
        state = .responding
        alarm?.close()
        var passed = ResponseCopy(head)
        ours.apply(to: &passed.fields)
        let (status, warnings) = (head.status, passed.warnings)
        unfinished = { [watch, mcp] isComplete in
            watch.end {
                $0.status = status
                $0.warnings = warnings
                $0.call = mcp?.line(status: status, isComplete: isComplete)
            }
        }
        if mcp?.begin(head.fields) != true { finish(isComplete: true) }
        connection.respond(HTTPResponse(status: head.status, fields: passed.fields, body: .streamed))
    }

    private func handBack(_ piece: RawSpan) {
        guard case .responding = state else { return }
        mcp?.received(piece)
        connection.write(piece)
        guard !connection.isWritable, let call else { return }
        call.pause()
        connection.onWritable = { call.resume() }
    }

    private func end(_ result: Result<Void, HTTPClientError>) {
        switch result {
        case .success:
            guard case .responding = state else { return }
            finish(isComplete: true)
            release()
            connection.end(isComplete: true)
        case .failure(let error): fail("\(InvocationError.broken("\(error)"))")
        }
    }

    // MARK: Other ends

    /// Ends the exchange with a failure. After the response has begun, the caller can tell that it is incomplete.
    func fail(_ reason: String) {
        switch state {
        case .ended: break
        case .responding:
            release()
            connection.end(isComplete: false)
        case .waiting:
            release()
            watch.end {
                $0.status = 500
                $0.failure = reason
            }
            var response = HTTPResponse(status: 500)
            ours.apply(to: &response.fields)
            connection.respond(response)
        }
    }

    /// Ends the exchange because the caller has disconnected, which is not an error (host-contract §8).
    private func callerLeft() {
        if case .waiting = state { watch.end { $0.warnings = ["the caller disconnected before the handler answered"] } }
        release()
    }

    /// Reports the end of an invocation whose response has begun, once.
    private func finish(isComplete: Bool) { unfinished.take()?(isComplete) }

    private func release() {
        finish(isComplete: false)
        state = .ended
        alarm?.close()
        call?.cancel()
        call = nil
        ended?()
        ended = nil
    }
}
