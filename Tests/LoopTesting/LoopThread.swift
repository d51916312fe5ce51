public import EventLoop

/// A loop on a thread of its own. After `end` both live on only until everything on the loop is closed.
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

    /// Runs `body` on the loop as the last work that it is given.
    public func end(_ body: @escaping @Sendable (EventLoop) -> Void = { _ in }) {
        loop.submit { [loop, isEnding] in
            body(loop)
            isEnding.change { $0 = true }
            // Otherwise the loop blocks once more before it notices.
            loop.perform {}
        }
    }
}
