import EventLoop

/// All connections that one loop serves.
final class ConnectionSet {
    private let loop: EventLoop
    private let settings: HTTPServer.Settings
    private let responder: any HTTPResponder
    private let held: HeldOutput
    /// Called once for each accepted connection, when it has closed.
    private let left: () -> Void
    /// nil for a server without TLS.
    private let handshakes: ServerHandshakes?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var isDraining = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var limit: Timer?

    init(
        _ loop: EventLoop, _ settings: HTTPServer.Settings, _ responder: any HTTPResponder, held: HeldOutput,
        left: @escaping () -> Void = {}
    ) {
        self.loop = loop
        self.settings = settings
        self.responder = responder
        self.held = held
        self.left = left
        handshakes = settings.tls.map { ServerHandshakes(loop, $0, left: left) }
    }

    func take(_ descriptor: Int32) {
        // If a connection breaks before it is served, only its caller is affected, so no error is reported.
        guard let stream = try? TCPStream(loop, descriptor: descriptor) else { return left() }
        guard let handshakes else { return serve(stream) }
        handshakes.begin(over: stream) { [self] in serve($0) }
    }

    private func serve(_ stream: any ByteStream) {
        let connection = HTTPConnection(over: stream, loop, settings: settings, responder: responder, held: held)
        let id = ObjectIdentifier(connection)
        connections[id] = connection
        connection.ended = { [self] in end(id) }
        if isDraining { connection.drain() }
    }

    private func end(_ id: ObjectIdentifier) {
        connections[id] = nil
        left()
        if isDraining, connections.isEmpty { endDrain() }
    }

    // MARK: Drain

    func beginDrain(limit: Duration) {
        guard !isDraining else { return }
        isDraining = true
        handshakes?.close()
        if connections.isEmpty { return }
        self.limit = loop.schedule(after: limit) { [self] in for connection in connections.values { connection.close() }
        }
        for connection in connections.values { connection.drain() }
    }

    /// Returns when no connections are left.
    ///
    /// - Parameter isolation: makes the closure below run on the loop even if the calling task does not prefer one.
    func drained(isolation: isolated (any Actor)? = #isolation) async {
        await withCheckedContinuation { continuation in
            _ = isolation
            // The last connection may have closed before this closure runs, as getting here may take a turn of the
            // loop.
            if connections.isEmpty { continuation.resume() } else { waiting.append(continuation) }
        }
    }

    private func endDrain() {
        limit?.close()
        limit = nil
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
