import EventLoop
import HTTP

/// Sends the HTTP requests of scripts on one event loop. The HTTP client is made on first use.
final class OutboundClient {
    let loop: EventLoop
    let trust: ClientTrust
    /// The value of `User-Agent` for requests that set none.
    let userAgent: String
    let clock: WorkerClock
    /// Answers the requests of tests; nil if they are sent.
    private let stubs: HTTPStubs?
    private lazy var client = HTTPClient(loop, trust: trust)
    private var isUsed = false
    /// The key sets of token issuers, which this client fetches.
    private(set) lazy var keySets = KeySets(userAgent: userAgent, clock: clock) { [unowned self] in
        send($0, head: $1, received: $2, ended: $3)
    }

    /// - Parameter trust: shared by the clients of all loops.
    init(loop: EventLoop, trust: ClientTrust, userAgent: String, bench: TestBench? = nil) {
        self.loop = loop
        clock = WorkerClock(fake: bench?.clock)
        stubs = bench?.stubs
        self.trust = trust
        self.userAgent = userAgent
    }

    /// - Parameter begin: called when the head of a request is sent whose body is written piece by piece.
    func send(
        _ request: ClientRequest, begin: @escaping () -> Void = {}, head: @escaping (ClientHead) -> Void,
        received: @escaping (RawSpan) -> Void,
        ended: @escaping (Result<Void, HTTPClientError>) -> Void
    ) -> any OutboundTransfer {
        if let stubs { return stubs.send(request, begin: begin, head: head, received: received, ended: ended) }
        isUsed = true
        return client.send(request, head: head, received: received, ended: ended)
    }

    func close() {
        if isUsed { client.close() }
    }
}

/// A request under way.
protocol OutboundTransfer: AnyObject {
    /// Called once when there is room again to write the body of the request.
    var onWritable: (() -> Void)? { get set }
    var isWritable: Bool { get }
    /// Whether the rest of a body in pieces is still wanted.
    var wantsBody: Bool { get }
    func write(_ piece: RawSpan)
    func endBody()
    func pause()
    func resume()
    /// No callback runs afterwards. Calling it again does nothing.
    func cancel()
}

extension ClientCall: OutboundTransfer {
    func endBody() { endBody(isComplete: true) }
}
