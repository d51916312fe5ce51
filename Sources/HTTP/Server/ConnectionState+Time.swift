import EventLoop

/// What takes too long. The clock is looked at only while something is slow: a request that comes in one piece, and whose
/// response goes out in one, costs no look.
extension ConnectionState {
    /// Since when something is waited for, as far as that was looked at. nil: since the next look.
    struct Marks {
        /// The rest of a head, or more of a body.
        var caller: MonotonicTime?
        /// How many bytes the caller had taken when, at the last look, it had taken some.
        var taken: (bytes: Int, time: MonotonicTime)?
        /// The caller's end of the connection, after ours: since its last bytes, and at all.
        var linger: MonotonicTime?
        var finish: MonotonicTime?
    }

    enum Look: Equatable {
        /// Nothing is slow.
        case done
        case again(MonotonicTime)
        case act(Action)
    }

    /// Whether a look may find anything, if nothing is queued for the caller.
    var isTimed: Bool {
        switch input {
        case .head(let hasBegun): hasBegun
        case .body: true
        case .next: false
        case .dropped: true
        }
    }

    /// - Parameters:
    ///   - isHungry: what the caller sends is taken at once. Where it is held back, the caller cannot be late.
    ///   - pending: bytes that are queued for the caller.
    ///   - taken: bytes that it has taken so far.
    mutating func look(at now: MonotonicTime, isHungry: Bool = true, pending: Int, taken: Int) -> Look {
        var next = MonotonicTime.distantFuture
        if pending > 0 {
            if marks.taken.map({ taken > $0.bytes }) ?? true { marks.taken = (taken, now) }
            let end = (marks.taken?.time ?? now) + limits.stall
            if now >= end { return .act(.close) }
            // More often than the limit, so that it is not exceeded by much.
            next = min(next, end, now + limits.stall / 4)
        } else {
            marks.taken = nil
        }
        switch input {
        case .head(hasBegun: true), .body:
            guard isHungry else {
                marks.caller = nil
                break
            }
            let since = marks.caller ?? now
            marks.caller = since
            if now >= since + limits.patience { return .act(fail(.timeout)) }
            next = min(next, since + limits.patience)
        case .dropped where pending > 0:
            // The caller has reason to be silent.
            (marks.linger, marks.finish) = (nil, nil)
            next = min(next, now + limits.linger)
        case .dropped:
            let since = marks.linger ?? now
            let finish = marks.finish ?? now
            (marks.linger, marks.finish) = (since, finish)
            let end = min(since + limits.linger, finish + limits.longestLinger)
            if now >= end { return .act(.close) }
            next = min(next, end)
        case .head, .next: break
        }
        return next == .distantFuture ? .done : .again(next)
    }

    /// Bytes came that nobody wants.
    mutating func bytesDropped() { marks.linger = nil }
}
