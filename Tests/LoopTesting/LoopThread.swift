public import EventLoop

/// A loop on its own thread. After `end`, both exist only until everything on the loop is closed.
public final class LoopThread: Sendable {
    public let loop = EventLoop()
    private let isEnding = Shared(false)

    public init(named name: String) throws {
        try Thread.start(named: name) { [loop, isEnding] in
            loop.bind()
            while !isEnding.value || !loop.openHandles.isEmpty { _ = loop.step() }
            loop.close()
        }
    }

    /// Runs `body` on the loop as its last work.
    public func end(_ body: @escaping @Sendable (EventLoop) -> Void = { _ in }) {
        loop.submit { [loop, isEnding] in
            body(loop)
            isEnding.change { $0 = true }
            // Without this, the loop would block once more before it notices.
            loop.perform {}
        }
    }
}
