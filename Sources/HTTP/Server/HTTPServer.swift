public import EventLoop
public import HTTP1

/// An HTTP/1.1 server. It listens on one loop and serves each connection on the loop with the fewest connections. Use
/// it only on the loop that it listens on.
public final class HTTPServer {
    private let settings: Settings
    private let listener: TCPListener
    /// Counts the bytes held for callers who have not read them.
    public let held: HeldOutput
    private let own: ConnectionSet
    private var others: [ServingLoop] = []
    /// The loop that got the last connection. Loops with equally many connections take turns.
    private var last = 0
    private var waitsForLoops: Bool

    /// Starts listening. The server stays alive until `drain`.
    ///
    /// - Parameter responder: answers the requests of connections that this loop serves.
    public init(
        _ loop: EventLoop, bind address: SocketAddress, settings: Settings = Settings(), responder: any HTTPResponder
    ) throws(StreamError) {
        listener = try TCPListener(loop, bind: address)
        self.settings = settings
        held = HeldOutput(limit: settings.outputLimit)
        own = ConnectionSet(loop, settings, responder, held: held)
        waitsForLoops = settings.waitsForLoops
        listener.accepted = { [self] in serve($0) }
    }

    /// Starts listening on an address, or on the first address of a name that can be bound.
    ///
    /// - Throws: `ResolverError` if the name is unknown; `StreamError` if none of its addresses can be bound.
    public static func open(
        _ loop: EventLoop, bind name: String, port: UInt16, settings: Settings = Settings(),
        responder: any HTTPResponder
    ) async throws -> HTTPServer {
        let addresses = try await withCheckedThrowingContinuation { continuation in
            Resolver.resolve(name, port: port, on: loop) { continuation.resume(with: $0) }
        }
        var failure: StreamError?
        for address in addresses {
            do throws(StreamError) {
                return try HTTPServer(loop, bind: address, settings: settings, responder: responder)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? ResolverError.unknown(name)
    }

    /// The address that callers connect to. If the server was asked for port 0, this has the actual port.
    public var address: SocketAddress { listener.address }

    public var port: Int { Int(address.port) }

    /// The server calls this once when it cannot accept connections, usually because no descriptors are left. It keeps
    /// trying.
    public var outOfDescriptors: ((StreamError) -> Void)? {
        get { listener.outOfDescriptors }
        set { listener.outOfDescriptors = newValue }
    }

    /// Adds loops to serve connections. From now on, all new connections go to the added loops; the server's own loop
    /// keeps the connections that it has. Each responder is created on its loop's thread. If no loops are added, the
    /// server's own loop serves all connections.
    public func add(_ loops: [(loop: EventLoop, responder: @Sendable () -> any HTTPResponder)]) {
        others += loops.map { ServingLoop($0.loop, settings, held: held, $0.responder) }
        waitsForLoops = false
        listener.resume()
    }

    private func serve(_ descriptor: Int32) {
        if waitsForLoops { listener.pause() }
        guard let other = fewest else { return own.take(descriptor) }
        other.take(descriptor)
    }

    private var fewest: ServingLoop? {
        guard !others.isEmpty else { return nil }
        var place = (last + 1) % others.count
        for offset in 2...others.count + 1 {
            let candidate = (last + offset) % others.count
            if others[candidate].load.connections < others[place].load.connections { place = candidate }
        }
        last = place
        return others[place]
    }

    /// Stops accepting, closes idle connections at once and busy ones after their response, and returns when all are
    /// closed.
    ///
    /// - Parameter limit: how long to wait before closing the remaining connections in the middle of their responses.
    public func drain(limit: Duration = .seconds(10)) async {
        listener.close()
        for other in others { other.beginDrain(limit: limit) }
        own.beginDrain(limit: limit)
        await own.drained()
        for other in others { await other.drained() }
    }
}

extension HTTPServer {
    public struct Settings: Sendable {
        /// The largest request body in bytes. Streamed bodies have no limit.
        public var bodyLimit = 100 << 20
        /// The most bytes that the server holds for callers who have not read them, in all connections together, before
        /// new requests have to wait. Responses that have already begun may exceed it.
        public var outputLimit = 256 << 20
        /// How long a head may take to arrive, and how long a body may pause, before the caller gets a 408 response.
        public var patience = Duration.seconds(30)
        /// How long a caller may leave its queued output unread before the server disconnects it.
        public var stall = Duration.seconds(60)
        public var headLimits = HeadLimits()
        /// The certificate with which the server speaks TLS; nil for a server without TLS.
        public var tls: TLSContext?
        /// Makes the response to a refused request. A product can replace it to name its own options.
        public var refusal: @Sendable (ServerError) -> HTTPResponse = { $0.response }
        /// Whether to accept only one connection until `add` is called, and to let the others wait. The Functions host
        /// keeps its connections open, so if the first loop accepted many of them, the added loops would have no work.
        public var waitsForLoops = false

        public init() {}

        var limits: ConnectionState.Limits { .init(body: bodyLimit, patience: patience, stall: stall) }
    }
}
