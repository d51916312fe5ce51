import EventLoop
import FoundationEssentials

/// The clock by which the scripts of one worker live: the system's, or that of a test.
struct WorkerClock {
    /// nil for the system's clock.
    var fake: FakeClock?

    var now: MonotonicTime { fake?.now ?? .now }

    /// Seconds since 1970.
    var time: Double { fake?.time ?? Date().timeIntervalSince1970 }

    /// Calls `work` once after `duration`; closing the timer first prevents that.
    @discardableResult
    func schedule(after duration: Duration, on loop: EventLoop, _ work: @escaping () -> Void) -> Timer {
        fake?.schedule(after: duration, work) ?? loop.schedule(after: duration, work)
    }
}
