import EventLoop
import HTTP

/// Sends the HTTP requests of scripts on one event loop. The HTTP client is made on first use.
final class OutboundClient {
    let loop: EventLoop
    let trust: ClientTrust
    /// The value of `User-Agent` for requests that set none.
    let userAgent: String
    private lazy var client = HTTPClient(loop, trust: trust)
    private var isUsed = false
    /// The key sets of token issuers, which this client fetches.
    private(set) lazy var keySets = KeySets(userAgent: userAgent) { [unowned self] in
        send($0, head: $1, received: $2, ended: $3)
    }

    /// - Parameter trust: shared by the clients of all loops.
    init(loop: EventLoop, trust: ClientTrust, userAgent: String) {
        self.loop = loop
        self.trust = trust
        self.userAgent = userAgent
    }

    func send(
        _ request: ClientRequest, head: @escaping (ClientHead) -> Void, received: @escaping (RawSpan) -> Void,
        ended: @escaping (Result<Void, HTTPClientError>) -> Void
    ) -> ClientCall {
        isUsed = true
        return client.send(request, head: head, received: received, ended: ended)
    }

    func close() {
        if isUsed { client.close() }
    }
}
