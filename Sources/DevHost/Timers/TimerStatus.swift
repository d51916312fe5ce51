import FoundationEssentials

/// What is remembered of a timer, so that a firing missed while the host was down is noticed (Azure's ScheduleStatus).
struct TimerStatus: Sendable, Equatable {
    /// nil before the first firing, and after the schedule was changed.
    var last: Date?
    /// nil if the schedule never fires.
    var next: Date?
    /// From when `next` was computed. If the schedule gives another `next` from there, it was changed.
    var lastUpdated: Date
}
