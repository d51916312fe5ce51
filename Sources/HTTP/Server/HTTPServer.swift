public import EventLoop
public import HTTP1

/// Listens on one loop, and serves each connection on the loop that has the fewest. Lives on the loop that it listens on.
public final class HTTPServer {
    private let settings: Settings
    private let listener: TCPListener
    private let own: ConnectionSet
    private var others: [ServingLoop] = []
    /// Who got the last connection, so that those who have equally many take turns.
    private var last = 0
    private var waitsForLoops: Bool

    /// Listens, and lives, until `drain`.
    ///
    /// - Parameter responder: answers what comes over connections of this loop.
    public init(
        _ loop: EventLoop, bind address: SocketAddress, settings: Settings = Settings(), responder: any HTTPResponder
    ) throws(StreamError) {
        listener = try TCPListener(loop, bind: address)
        self.settings = settings
        own = ConnectionSet(loop, settings, responder, Load())
        waitsForLoops = settings.waitsForLoops
        listener.accepted = { [self] in serve($0) }
    }

    /// Listens where a name stands for: the first of its addresses that can be bound.
    ///
    /// - Parameter name: an address, or a name.
    /// - Throws: `ResolverError` where the name is not known, `StreamError` where no address of it can be bound.
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

    /// Where callers connect, with the port that was found for port 0.
    public var address: SocketAddress { listener.address }

    public var port: Int { Int(address.port) }

    /// Told once each time that no connection can be accepted, mostly for want of descriptors. It is tried again.
    public var outOfDescriptors: ((StreamError) -> Void)? {
        get { listener.outOfDescriptors }
        set { listener.outOfDescriptors = newValue }
    }

    /// Hands new connections to these loops, and none to its own any more, which keeps those that it has. Each responder is
    /// made on the thread of its loop. Without any loop, the own one serves all.
    public func add(_ loops: [(loop: EventLoop, responder: @Sendable () -> any HTTPResponder)]) {
        others += loops.map { ServingLoop($0.loop, settings, $0.responder) }
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

    /// Accepts nothing more, closes idle connections at once and the others after their response, and returns when all are
    /// closed.
    ///
    /// - Parameter limit: after that, connections are closed whatever is under way.
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
        /// Bytes that the body of a request may have, unless it is streamed.
        public var bodyLimit = 100 << 20
        /// How long a head may take, and how long a body may pause, before the caller gets 408.
        public var patience = Duration.seconds(30)
        /// How long a caller may read nothing of what is queued for it before it is disconnected.
        public var stall = Duration.seconds(60)
        public var headLimits = HeadLimits()
        /// What a caller is told whose request is refused; `Refusal.response` unless a product knows better advice.
        public var refusal: @Sendable (Refusal) -> HTTPResponse = { $0.response }
        /// Takes no more than the first connection until `add` is called; the others wait. A host keeps its connections, and
        /// with many of them on the first loop the others would have nothing to do.
        public var waitsForLoops = false

        public init() {}

        var limits: ConnectionState.Limits { .init(body: bodyLimit, patience: patience, stall: stall) }
    }
}
