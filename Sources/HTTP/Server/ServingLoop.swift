import EventLoop
import Synchronization

/// The number of connections that a loop has or is about to get. The accepting loop reads it to find the least busy
/// loop.
final class Load: Sendable {
    private let count = Atomic(0)

    var connections: Int { count.load(ordering: .relaxed) }
    func add(_ number: Int) { count.add(number, ordering: .relaxed) }
}

/// A server's presence on an additional loop. It is an actor on that loop, because its connections never leave the loop
/// while the server sends it descriptors from another thread.
actor ServingLoop {
    private nonisolated let loop: EventLoop
    nonisolated let load = Load()
    private var connections: ConnectionSet?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ loop: EventLoop, _ settings: HTTPServer.Settings, held: HeldOutput,
        _ responder: @escaping @Sendable () -> any HTTPResponder
    ) {
        self.loop = loop
        submit { [load] serving in
            serving.connections = ConnectionSet(loop, settings, responder(), held: held) { load.add(-1) }
        }
    }

    /// The loop runs submitted work in the order of submission.
    private nonisolated func submit(_ work: @escaping @Sendable (isolated ServingLoop) -> Void) {
        loop.submit { self.assumeIsolated { work($0) } }
    }

    nonisolated func take(_ descriptor: Int32) {
        // The connection counts from now on, because the server may choose a loop again before this loop has run the
        // submitted work.
        load.add(1)
        submit { $0.connections?.take(descriptor) }
    }

    nonisolated func beginDrain(limit: Duration) { submit { $0.connections?.beginDrain(limit: limit) } }

    func drained() async { await connections?.drained() }
}
