import FoundationEssentials
import FunctionsModel

/// The value that a timer trigger's function gets (host-contract §6.7).
struct TimerInfo: Sendable, Equatable {
    let adjustsForDST: Bool
    /// nil if the timer is not monitored.
    let status: TimerStatus?
    var isPastDue: Bool

    /// Members in the order of Azure's classes, dates as .NET writes them, in `zone`.
    func value(in zone: LocalTime) -> NewtonsoftValue {
        func text(_ date: Date) -> NewtonsoftValue {
            .string((date == .distantPast ? Self.never(.min) : zone.dateTime(of: date)).isoText)
        }
        let status = status.map { status in
            NewtonsoftValue.record([
                ("Last", status.last.map(text) ?? .string(Self.never(.min).isoText)),
                ("Next", status.next.map(text) ?? .string(Self.never(.max).isoText)),
                ("LastUpdated", text(status.lastUpdated)),
            ])
        }
        return .record([
            ("Schedule", .record([("AdjustForDST", .boolean(adjustsForDST))])),
            ("ScheduleStatus", status ?? .null),
            ("IsPastDue", .boolean(isPastDue)),
        ])
    }

    /// Azure's value for a firing that has not happened yet, `DateTime.MinValue`, and for one that never will,
    /// `DateTime.MaxValue`; in UTC, whatever the zone is.
    private static func never(_ ticks: Int) -> DotNetDateTime {
        DotNetDateTime(nearestTicks: ticks, .local(secondsEast: 0))
    }
}

extension LocalTime {
    /// The time that clocks in this zone show.
    func dateTime(of date: Date) -> DotNetDateTime {
        let moment = DotNetDateTime(date, .utc).secondsSince1970
        return DotNetDateTime(date, .local(secondsEast: offset(at: moment)))
    }
}
