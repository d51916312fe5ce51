import EventLoop
import FunctionsModel

/// Limits how many requests the functions handle at a time, and how many wait (host-contract §12).
@MainLoop
final class RequestQueue {
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for the request's turn. Returns false if the host refuses it; otherwise call `leave` at its end.
    func enter(_ limits: HTTPOptions) async -> Bool {
        if let limit = limits.maxOutstandingRequests, running + waiting.count >= limit { return false }
        if let limit = limits.maxConcurrentRequests, running >= limit {
            // `leave` passes its place on, so the number of running requests stays the same.
            await withCheckedContinuation { waiting.append($0) }
        } else {
            running += 1
        }
        return true
    }

    func leave() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
    }
}
