import FoundationEssentials

/// Decides when a timer fires and what its function gets, as Azure's TimerListener does. It neither waits nor runs
/// anything, and gets the time from its caller.
///
/// The caller waits until `due`, calls `fire`, runs the function, calls `finish`, and starts again. It may wait in
/// shorter steps: `fire` does nothing before its time.
struct TimerState: Sendable {
    private enum State: Sendable {
        case waiting(until: Date?, isPastDue: Bool)
        case running(since: Date)
    }

    private let schedule: TimerSchedule
    private let zone: LocalTime
    /// Whether to keep `status` for the next start.
    let isMonitored: Bool
    private(set) var status: TimerStatus
    private var state: State
    /// Whether the stored time is in the future, because the clock was ahead when it was written. The timer then counts
    /// from now.
    let storedIsAhead: Bool
    /// Whether the timer had no status before. What its first firing gets then has no time of the last update.
    private var isNew: Bool
    /// Whether the schedule gave no later time than now, so that the function runs again immediately, as in Azure.
    private(set) var hasNoPause = false

    /// Begins with `stored`, the status from an earlier run of the host. The caller must save the new `status` too,
    /// because only that reveals a missed first firing.
    init(
        _ schedule: TimerSchedule, in zone: LocalTime, runOnStartup: Bool = false, useMonitor: Bool = true,
        stored: TimerStatus?, at now: Date
    ) {
        self.schedule = schedule
        self.zone = zone
        isMonitored = useMonitor && !schedule.isSubMinute
        isNew = stored == nil
        status = TimerStatus(last: nil, next: schedule.next(after: now, in: zone), lastUpdated: now)
        storedIsAhead = isMonitored && stored.map { Self.isAhead($0.lastUpdated, of: now) } ?? false
        if isMonitored, let stored, !storedIsAhead {
            status = Self.status(stored, adaptedTo: schedule, in: zone, at: now)
        }
        let isPastDue = isMonitored && status.next.map { now > $0 } ?? false
        state = .waiting(until: isPastDue || runOnStartup ? now : status.next, isPastDue: isPastDue)
    }

    /// Small clock corrections happen often, and are ignored.
    private static func isAhead(_ time: Date, of now: Date) -> Bool { time.timeIntervalSince(now) > 1 }

    /// A changed schedule counts from the last update, but the change alone never makes it past due.
    private static func status(
        _ stored: TimerStatus, adaptedTo schedule: TimerSchedule, in zone: LocalTime, at now: Date
    ) -> TimerStatus {
        let expected = schedule.next(after: stored.lastUpdated, in: zone)
        if isSame(expected, stored.next) { return stored }
        guard let expected, now > expected else {
            return TimerStatus(last: nil, next: expected, lastUpdated: stored.lastUpdated)
        }
        return TimerStatus(last: nil, next: schedule.next(after: now, in: zone), lastUpdated: now)
    }

    /// A stored date is only exact to the millisecond.
    private static func isSame(_ one: Date?, _ other: Date?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return abs(one.timeIntervalSince(other)) < 0.01
    }

    /// The time to call `fire`; nil while the function runs, and for a schedule that never fires.
    var due: Date? { if case .waiting(let due, _) = state { due } else { nil } }

    /// The value to run the function with now; nil if it is not time yet, or the function still runs.
    mutating func fire(at now: Date) -> TimerInfo? {
        guard case .waiting(let due?, let isPastDue) = state else { return nil }
        guard now >= due else {
            if Self.isAhead(status.lastUpdated, of: now) { startOver(at: now) }
            return nil
        }
        state = .running(since: now)
        return info(isPastDue: isPastDue)
    }

    /// Starts again after the clock was set back. Otherwise the next firing would wait until the old time is reached
    /// again.
    private mutating func startOver(at now: Date) {
        status = TimerStatus(last: nil, next: schedule.next(after: now, in: zone), lastUpdated: now)
        state = .waiting(until: status.next, isPastDue: false)
    }

    /// Records the function's end. Whether it succeeded or failed, it does not run again before the next time
    /// (host-contract §10). Times that passed while it ran are skipped, whereas Azure makes up for one of them
    /// immediately.
    mutating func finish(at now: Date) {
        guard case .running(let start) = state else { return }
        status = TimerStatus(last: start, next: schedule.next(after: start, in: zone), lastUpdated: start)
        if let next = status.next, next <= now {
            status.next = schedule.next(after: now, in: zone)
            status.lastUpdated = now
        }
        isNew = false
        hasNoPause = status.next.map { $0 <= now } ?? false
        state = .waiting(until: status.next, isPastDue: false)
    }

    /// The value for a run by hand (host-contract §13), which does not change the schedule.
    var infoByHand: TimerInfo { info(isPastDue: false) }

    private func info(isPastDue: Bool) -> TimerInfo {
        var status = isMonitored ? status : nil
        if isNew { status?.lastUpdated = .distantPast }
        return TimerInfo(adjustsForDST: schedule.adjustsForDST, status: status, isPastDue: isPastDue)
    }
}
