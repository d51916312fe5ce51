import EventLoop

/// A further loop of a server. Its connections live there alone, so this is an actor on that loop: whoever has mail for it
/// may be elsewhere.
actor ServingLoop {
    private nonisolated let loop: EventLoop
    nonisolated let load = Load()
    private var connections: ConnectionSet?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop, _ settings: HTTPServer.Settings, _ responder: @escaping @Sendable () -> any HTTPResponder) {
        self.loop = loop
        submit { $0.connections = ConnectionSet(loop, settings, responder(), $0.load) }
    }

    /// Mail is read in the order in which it was sent.
    private nonisolated func submit(_ work: @escaping @Sendable (isolated ServingLoop) -> Void) {
        loop.submit { self.assumeIsolated { work($0) } }
    }

    nonisolated func take(_ descriptor: Int32) {
        // Counted before the loop knows, since more may come until then.
        load.add(1)
        submit {
            $0.load.add(-1)
            $0.connections?.take(descriptor)
        }
    }

    nonisolated func beginDrain(limit: Duration) { submit { $0.connections?.beginDrain(limit: limit) } }

    func drained() async { await connections?.drained() }
}
