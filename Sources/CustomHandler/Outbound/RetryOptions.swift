/// How often something is tried again, when, and after which waits: `retry = { attempts, delay, backoff, maxDelay, on }`.
/// The words are the same in every module.
struct RetryOptions: Equatable, Sendable {
    /// The number of attempts, including the first.
    var attempts = 3
    /// The wait before the second attempt, in seconds.
    var delay = 0.5
    /// The factor by which each wait is longer than the one before.
    var backoff = 2.0
    /// The longest wait, in seconds.
    var maxDelay = 30.0
    /// The kinds of failures and the statuses that are tried again.
    var kinds: Set<String>
    var statuses: Set<Int>

    /// What an attempt ended with.
    enum Failure: Equatable {
        case kind(String)
        /// - Parameter retryAfter: the seconds that the server asks to wait, if it asks.
        case status(Int, retryAfter: Double?)
    }

    /// Returns the seconds to wait before the next attempt, or nil if there is none.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that has ended, from 1.
    ///   - left: the seconds until the invocation's deadline. No wait reaches it.
    ///   - random: from 0 to 1. Each wait is shortened by a random part, up to a half, so that many invocations that
    ///     failed together do not come back together.
    func wait(after failure: Failure, attempt: Int, left: Double, random: Double) -> Double? {
        guard attempt < attempts else { return nil }
        var asked = 0.0
        switch failure {
        case .kind(let kind): guard kinds.contains(kind) else { return nil }
        case .status(let status, let retryAfter):
            guard statuses.contains(status) else { return nil }
            // A server that asks for more time than the script allows would refuse an earlier attempt too.
            asked = max(0, retryAfter ?? 0)
            guard asked <= maxDelay else { return nil }
        }
        let wait = max(asked, plannedWait(after: attempt) * (1 - min(max(random, 0), 1) / 2))
        return wait < left ? wait : nil
    }

    private func plannedWait(after attempt: Int) -> Double {
        var wait = delay
        for _ in 1..<max(attempt, 1) where wait < maxDelay { wait *= backoff }
        return min(wait, maxDelay)
    }
}
