import FoundationEssentials

/// The stored state of a timer, which reveals a firing missed while the host was down (Azure's ScheduleStatus).
struct TimerStatus: Sendable, Equatable {
    /// nil before the first firing, and after the schedule was changed.
    var last: Date?
    /// nil if the schedule never fires.
    var next: Date?
    /// The time from which `next` was computed. If the schedule gives another `next` from there, it was changed.
    var lastUpdated: Date
}
