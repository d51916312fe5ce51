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
    private let granted: HTTPFields
    private var state = State.waiting

    private enum State {
        /// The exchange waits for the head of the response.
        case waiting
        case responding
        case ended
    }

    private var call: ClientCall?
    private var alarm: Timer?
    /// The bytes of the request's body so far.
    private var received = 0

    init(
        _ request: HTTPRequest, _ connection: HTTPConnection, _ watch: InvocationWatch, adding granted: HTTPFields
    ) {
        self.request = request
        self.connection = connection
        self.watch = watch
        self.granted = granted
    }

    func begin(_ outgoing: ClientRequest, by client: HTTPClient) {
        guard !connection.isClosed else { return callerLeft() }
        let length = request.first("content-length").flatMap { Int($0) }
        guard (length ?? 0) <= HostServer.bodyLimit else { return refuse() }
        var outgoing = outgoing
        if request.isStreamed {
            outgoing.body = .stream(length: length) { [self] in handOnBody(to: $0) }
        } else if !request.body.isEmpty {
            outgoing.body = .bytes(request.body)
        }
        connection.onDisconnect = { [self] in callerLeft() }
        call = client.send(
            outgoing, head: { [self] in respond($0) }, received: { [self] in handBack($0) },
            ended: { [self] in end($0) })
    }

    /// - Parameter late: called if the response has not begun in time; returns the failure.
    func limitHead(to limit: Duration, late: @escaping @MainLoop () -> String) {
        guard case .waiting = state else { return }
        alarm = EventLoop.main.schedule(after: limit) { [self] in fail(late()) }
    }

    // MARK: The request's body

    private func handOnBody(to call: ClientCall) {
        connection.onBody = { [self] piece in
            received += piece.byteCount
            guard received <= HostServer.bodyLimit else { return refuse() }
            call.write(piece)
            guard !call.isWritable else { return }
            connection.pauseBody()
            call.onWritable = { [connection] in connection.resumeBody() }
        }
        connection.onBodyEnd = { call.endBody(isComplete: $0) }
        connection.resumeBody()
    }

    /// Fails as the real host does for a body that is too large.
    private func refuse() { fail("the request's body is larger than \(HostServer.bodyLimit) bytes") }

    // MARK: The response

    private func respond(_ head: ClientHead) {
        guard case .waiting = state else { return }
        state = .responding
        alarm?.close()
        var passed = ResponseCopy(status: head.status, head.fields, dropped: head.dropped)
        passed.add(granted)
        watch.end {
            $0.status = head.status
            $0.warnings = passed.warnings
        }
        connection.respond(HTTPResponse(status: head.status, fields: passed.fields, body: .streamed))
    }

    private func handBack(_ piece: RawSpan) {
        guard case .responding = state else { return }
        connection.write(piece)
        guard !connection.isWritable, let call else { return }
        call.pause()
        connection.onWritable = { call.resume() }
    }

    private func end(_ result: Result<Void, HTTPClientError>) {
        switch result {
        case .success:
            guard case .responding = state else { return }
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
            connection.respond(HTTPResponse(status: 500, fields: granted))
        }
    }

    /// Ends the exchange because the caller has disconnected, which is not an error (host-contract §8).
    private func callerLeft() {
        if case .waiting = state { watch.end { $0.warnings = ["the caller disconnected before the handler answered"] } }
        release()
    }

    private func release() {
        state = .ended
        alarm?.close()
        call?.cancel()
        call = nil
    }
}
