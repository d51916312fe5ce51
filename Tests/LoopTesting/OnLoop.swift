public import EventLoop
internal import Synchronization

/// Runs `body` as a task of a new loop on its own thread.
///
/// `body` must close everything that it opens, or begin to. Handles that are still open after `patience` are an error.
@discardableResult
public func onLoop<Success: Sendable>(
    patience: Duration = .seconds(60),
    _ body: @escaping @Sendable (EventLoop) async throws -> Success
) async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try Thread.start(named: "test loop") { continuation.resume(with: run(patience, body)) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// The handles that a test left open, by their types in libuv: "tcp", "timer", "poll".
public struct OpenHandles: Error {
    public let kinds: [String]
}

private func run<Success: Sendable>(
    _ patience: Duration, _ body: @escaping @Sendable (EventLoop) async throws -> Success
) -> Result<Success, any Error> {
    let loop = EventLoop()
    loop.bind()
    let outcome = Mutex<Result<Success, any Error>?>(nil)
    loop.task {
        do {
            let success = try await body(loop)
            outcome.withLock { $0 = .success(success) }
            // Connections that are closing need a few more polls.
            let limit = MonotonicTime.now + patience
            while !loop.openHandles.isEmpty, .now < limit { try await loop.sleep(for: .milliseconds(5)) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
        loop.stop()
    }
    loop.run()
    let open = loop.openHandles
    if open.isEmpty { loop.close() }
    switch outcome.withLock({ $0 }) {
    case .success where !open.isEmpty: return .failure(OpenHandles(kinds: open))
    case let outcome?: return outcome
    case nil: return .failure(CancellationError())
    }
}

extension EventLoop {
    /// Returns after the loop has polled its sockets.
    public func nextPoll() async {
        await withCheckedContinuation { continuation in perform { continuation.resume() } }
    }
}
