public import EventLoop
import HTTP1

/// A scheme, a host and a port. Calls to the same origin can share connections.
struct Origin: Hashable {
    let scheme: URL.Scheme
    let host: String
    let port: UInt16

    init(_ url: URL) { (scheme, host, port) = (url.scheme, url.host, url.port) }
}

/// Sends HTTP/1.1 requests from one loop, over connections that it keeps open for a while.
///
/// It does not trust servers: if a server breaks the rules of HTTP, that call fails and no other. Call `close` before
/// the loop ends.
public final class HTTPClient {
    let loop: EventLoop
    let trust: ClientTrust
    private let settings: Settings
    private var pools: [Origin: Pool] = [:]
    private var idleTimer: Timer?
    private var isClosed = false
    /// The calls that have not ended.
    private var calls: [ObjectIdentifier: ClientCall] = [:]

    public struct Settings: Sendable {
        public var connectionsPerOrigin = 1024
        /// How long an unused connection stays open.
        public var idleTimeout = Duration.seconds(60)
        /// The time limit for the rest of an unwanted response, such as the body of a redirect.
        public var discardTimeout = Duration.seconds(5)

        public init() {}
    }

    private struct Pool {
        /// The idle connections. The one that was used last is at the end.
        var idle: [(connection: ClientConnection, since: MonotonicTime)] = []
        /// The number of all connections, including those being made.
        var count = 0
        var waiting = RingBuffer<ClientCall>()
        /// Every open connection; this dictionary keeps them alive.
        var connections: [ObjectIdentifier: ClientConnection] = [:]

        var isEmpty: Bool { count == 0 && waiting.isEmpty && connections.isEmpty }
    }

    public init(_ loop: EventLoop, trust: ClientTrust = ClientTrust(), settings: Settings = Settings()) {
        self.loop = loop
        self.trust = trust
        self.settings = settings
    }

    /// Begins a call. Its callbacks run on the loop, never before this returns.
    ///
    /// - Parameters:
    ///   - head: gets the head of the response.
    ///   - received: gets the pieces of the body, in a buffer that is reused.
    ///   - ended: called once, as the last callback, unless the call is cancelled.
    @discardableResult
    public func send(
        _ request: ClientRequest, head: @escaping (ClientHead) -> Void, received: @escaping (RawSpan) -> Void,
        ended: @escaping (Result<Void, HTTPClientError>) -> Void
    ) -> ClientCall {
        let call = ClientCall(self, request, .init(head: head, received: received, ended: ended))
        calls[ObjectIdentifier(call)] = call
        loop.perform { call.begin() }
        return call
    }

    /// Ends all connections, and with them all calls.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for call in calls.values { call.fail(.cancelled) }
        for pool in pools.values { for connection in pool.connections.values { connection.close() } }
        idleTimer?.close()
        idleTimer = nil
    }

    func forget(_ call: ClientCall) { calls[ObjectIdentifier(call)] = nil }

    // MARK: Connections

    enum Grant {
        case kept(ClientConnection)
        /// The call must make a connection, and then call `add` or `giveUp`.
        case new
        /// The call must wait. Its `proceed` is called when its turn comes.
        case wait
        case closed
    }

    /// - Parameter isFresh: whether the connection must be new.
    func connection(for call: ClientCall, to origin: Origin, isFresh: Bool) -> Grant {
        if isClosed { return .closed }
        var pool = pools[origin] ?? Pool()
        defer { pools[origin] = pool }
        if !isFresh, let (connection, _) = pool.idle.popLast() { return .kept(connection) }
        if pool.count >= settings.connectionsPerOrigin {
            // An idle connection is closed to make room for a new one.
            guard let (connection, _) = pool.idle.popLast() else {
                pool.waiting.append(call)
                return .wait
            }
            connection.close()
        }
        pool.count += 1
        return .new
    }

    /// Adds a connection that a call has made.
    func add(_ stream: any ByteStream, to origin: Origin) -> ClientConnection {
        let connection = ClientConnection(
            loop, over: stream, to: origin, discardTimeout: settings.discardTimeout)
        let id = ObjectIdentifier(connection)
        pools[origin, default: Pool()].connections[id] = connection
        connection.becameIdle = { [unowned self, unowned connection] in keep(connection) }
        connection.ended = { [self] in
            pools[origin]?.connections[id] = nil
            pools[origin]?.idle.removeAll { ObjectIdentifier($0.connection) == id }
            giveUp(origin)
        }
        return connection
    }

    /// Uncounts a connection that was not made, or that has closed.
    func giveUp(_ origin: Origin) {
        pools[origin]?.count -= 1
        serveNext(origin)
        if pools[origin]?.isEmpty == true { pools[origin] = nil }
    }

    /// Removes a call from those that wait.
    func withdraw(_ call: ClientCall, from origin: Origin) { pools[origin]?.waiting.removeAll { $0 === call } }

    private func keep(_ connection: ClientConnection) {
        guard !isClosed else { return connection.close() }
        pools[connection.origin]?.idle.append((connection, .now))
        serveNext(connection.origin)
        startIdleTimer()
    }

    private func serveNext(_ origin: Origin) {
        guard let next = pools[origin]?.waiting.popFirst() else { return }
        // The work is deferred, because the call that released the connection may still be on the stack.
        loop.perform { next.proceed() }
    }

    private func startIdleTimer() {
        guard idleTimer == nil else { return }
        let timer = loop.schedule(after: settings.idleTimeout) { [unowned self] in
            idleTimer = nil
            closeIdle()
        }
        idleTimer = timer
    }

    private func closeIdle() {
        let limit = MonotonicTime.now + (.zero - settings.idleTimeout)
        for pool in pools.values {
            for (connection, since) in pool.idle where since <= limit { connection.close() }
        }
        if pools.values.contains(where: { pool in pool.idle.contains { $0.since > limit } }) { startIdleTimer() }
    }
}
