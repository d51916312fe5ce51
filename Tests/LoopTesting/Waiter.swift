public import EventLoop

/// The event for which a test waited did not happen.
public struct WaitedTooLong: Error, CustomStringConvertible {
    public let description: String
}

/// Lets a task of a loop wait for changes that callbacks of that loop make.
public final class Waiter {
    private let loop: EventLoop
    private var waits: [Wait] = []

    private struct Wait {
        let condition: () -> Bool
        let limit: Timer
        let continuation: CheckedContinuation<Void, any Error>
    }

    public init(_ loop: EventLoop) { self.loop = loop }

    /// Call this after each change for which a task may wait.
    public func changed() {
        var met: [Wait] = []
        waits.removeAll { wait in
            guard wait.condition() else { return false }
            met.append(wait)
            return true
        }
        for wait in met {
            wait.limit.close()
            wait.continuation.resume()
        }
    }

    public func wait(
        for what: String, within limit: Duration = .seconds(120), until condition: @escaping () -> Bool
    ) async throws {
        if condition() { return }
        try await withCheckedThrowingContinuation { continuation in
            // A turn of the loop may have passed before this runs.
            if condition() { return continuation.resume() }
            let timer = Timer(loop)
            timer.fired = { [unowned self, unowned timer] in
                guard let index = waits.firstIndex(where: { $0.limit === timer }) else { return }
                let wait = waits.remove(at: index)
                timer.close()
                wait.continuation.resume(throwing: WaitedTooLong(description: "waited too long for \(what)"))
            }
            timer.start(after: limit)
            waits.append(Wait(condition: condition, limit: timer, continuation: continuation))
        }
    }
}
