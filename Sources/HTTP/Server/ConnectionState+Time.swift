import EventLoop

/// Time limits. The connection reads the clock only while something is slow. A request that arrives in one read, and
/// whose response is written at once, never does.
extension ConnectionState {
    /// When each wait began. nil means that the next look starts the wait.
    struct Waits {
        /// Waiting for the rest of a head, or for more of a body.
        var caller: MonotonicTime?
        /// Waiting for the caller to read: how many bytes it had taken at the last look that saw progress, and when.
        var taken: (bytes: Int, time: MonotonicTime)?
        /// Waiting for the caller to close its sending half: `linger` since its last bytes, `finish` since the server
        /// has closed its own half.
        var linger: MonotonicTime?
        var finish: MonotonicTime?
    }

    enum TimeCheck: Equatable {
        /// The connection waits for nothing.
        case done
        case again(MonotonicTime)
        case act(Action)
    }

    /// Whether a look is needed even if no output is queued.
    var isTimed: Bool {
        switch input {
        case .head(let hasBegun): hasBegun
        case .body: true
        case .next: false
        case .dropped: true
        }
    }

    /// - Parameters:
    ///   - isHungry: whether the connection would take more bytes at once. Otherwise the caller is not late.
    ///   - pending: the number of bytes queued for the caller.
    ///   - taken: the number of bytes that the caller has taken so far.
    mutating func checkTime(at now: MonotonicTime, isHungry: Bool = true, pending: Int, taken: Int) -> TimeCheck {
        var next = MonotonicTime.distantFuture
        if pending > 0 {
            if waits.taken.map({ taken > $0.bytes }) ?? true { waits.taken = (taken, now) }
            let end = (waits.taken?.time ?? now) + limits.stall
            if now >= end { return .act(.close) }
            // Looking several times per limit finds a stalled caller soon after the limit.
            next = min(next, end, now + limits.stall / 4)
        } else {
            waits.taken = nil
        }
        switch input {
        case .head(hasBegun: true), .body:
            guard isHungry else {
                waits.caller = nil
                break
            }
            let since = waits.caller ?? now
            waits.caller = since
            if now >= since + limits.patience { return .act(fail(.timeout)) }
            next = min(next, since + limits.patience)
        case .dropped where pending > 0:
            // The caller may be busy reading.
            (waits.linger, waits.finish) = (nil, nil)
            next = min(next, now + limits.linger)
        case .dropped:
            let since = waits.linger ?? now
            let finish = waits.finish ?? now
            (waits.linger, waits.finish) = (since, finish)
            let end = min(since + limits.linger, finish + limits.longestLinger)
            if now >= end { return .act(.close) }
            next = min(next, end)
        case .head, .next: break
        }
        return next == .distantFuture ? .done : .again(next)
    }

    /// Bytes have arrived and were dropped.
    mutating func bytesDropped() { waits.linger = nil }
}
