import EventLoop

/// A clock that stands still while code runs, and jumps to the next timer as soon as everything on its loop waits.
///
/// Everything is idle when the loop has nothing queued and nobody holds the clock. Work that another thread does, such
/// as reading a file, must therefore hold it.
final class FakeClock {
    private let loop: EventLoop
    private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
    /// Seconds since 1970.
    private(set) var time: Double
    /// The running timers in the order in which they fire. The last one fires first.
    private var alarms: [Alarm] = []
    /// The number of alarms at which the closed ones are removed.
    private var sweepThreshold = 64
    private var holders = 0
    private var isLooking = false
    /// The turn of the loop in which the clock looked last.
    private var lastLook: UInt64?

    /// A timer that this clock fires, and not the loop.
    private struct Alarm {
        let due: MonotonicTime
        let timer: Timer

        var isClosed: Bool { timer.fired == nil }
    }

    /// 2026-01-15T12:00:00Z, a Thursday. Every file begins at the same moment, so that its tests can be repeated.
    static let start = 1_768_478_400.0

    init(_ loop: EventLoop) {
        self.loop = loop
        time = Self.start
    }

    func schedule(after duration: Duration, _ work: @escaping () -> Void) -> Timer {
        let timer = Timer(loop)
        timer.fired = { [unowned timer] in
            timer.close()
            work()
        }
        if alarms.count >= sweepThreshold {
            alarms.removeAll(where: \.isClosed)
            sweepThreshold = max(64, 2 * alarms.count)
        }
        let alarm = Alarm(due: now + max(.zero, duration), timer: timer)
        // Timers with the same due time fire in the order in which they were scheduled.
        var (low, high) = (0, alarms.count)
        while low < high {
            let middle = (low + high) / 2
            if alarms[middle].due > alarm.due { low = middle + 1 } else { high = middle }
        }
        alarms.insert(alarm, at: low)
        look()
        return timer
    }

    /// Changes the date. Timers keep their distance, as they do when a system's date is set.
    func set(_ time: Double) { self.time = time }

    // MARK: Jumping

    /// Keeps the clock from jumping until `release` is called as often.
    func hold() { holders += 1 }

    func release() {
        holders -= 1
        look()
    }

    /// Looks again after everything that is queued now.
    private func look() {
        guard !isLooking, holders == 0, !alarms.isEmpty else { return }
        isLooking = true
        loop.perform { [weak self] in self?.looked() }
    }

    private func looked() {
        isLooking = false
        let turn = loop.turn
        // The loop does one piece of work in a turn. So if the last look was a turn ago, nothing else was queued.
        let isIdle = lastLook.map { turn &- $0 <= 1 } ?? false
        lastLook = turn
        if holders == 0, isIdle { jump() }
        look()
    }

    private func jump() {
        lastLook = nil
        while alarms.last?.isClosed == true { alarms.removeLast() }
        guard let next = alarms.last else { return }
        if next.due > now {
            time += (next.due - now) / .seconds(1)
            now = next.due
        }
        while let alarm = alarms.last, alarm.due <= now {
            alarms.removeLast()
            alarm.timer.fired?()
        }
    }

    /// Closes all timers. The clock never moves again.
    func close() {
        for alarm in alarms { alarm.timer.close() }
        alarms = []
    }
}

/// Keeps a clock from jumping until `end` is called.
final class ClockHold {
    private var clock: FakeClock?

    init(_ clock: FakeClock) {
        self.clock = clock
        clock.hold()
    }

    /// Calling it again does nothing.
    func end() { clock.take()?.release() }

    deinit { end() }
}
