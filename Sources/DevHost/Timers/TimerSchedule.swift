import FoundationEssentials
import FunctionsModel

/// When a timer trigger fires: the `schedule` of its binding, with `%NAME%` replaced.
struct TimerSchedule: Sendable, Equatable {
    private enum Rule: Sendable, Equatable {
        case cron(CronExpression)
        case every(TimeSpan)
    }

    private let rule: Rule

    /// A text with spaces inside is an expression; any other is a time span.
    init(_ text: String) throws(TimerScheduleError) {
        let parts = text.split(separator: " ")
        if parts.count > 1 {
            rule = .cron(try CronExpression(text))
        } else {
            guard let part = parts.first, let span = TimeSpan(part) else { throw .unreadable(text) }
            rule = .every(span)
        }
    }

    /// Warnings about an unexpected meaning of the text, and what to do.
    var warnings: [(text: String, remedy: String?)] {
        let every = (
            text: "the first of the six fields is the second, so the schedule fires every second",
            remedy: Optional("write 0 there for once a minute")
        )
        return (warning.map { [(text: $0, remedy: nil)] } ?? []) + (isEverySecond ? [every] : [])
    }

    var warning: String? {
        switch rule {
        case .every(let span): span.warning
        case .cron(let expression):
            expression.partWithoutStep.map { "'\($0)' has a step below 1, which counts as 1, so it means every value" }
        }
    }

    /// Whether no day matches, as with 30 February.
    var isNever: Bool { if case .cron(let expression) = rule { expression.isNever } else { false } }

    /// Whether an expression fires in each second of some minutes.
    private var isEverySecond: Bool { if case .cron(let expression) = rule { expression.isEverySecond } else { false } }

    /// `AdjustForDST` of the trigger's value.
    var adjustsForDST: Bool { if case .cron = rule { true } else { false } }

    /// Azure does not monitor such schedules (host-contract §6.7).
    var isSubMinute: Bool {
        switch rule {
        case .cron(let expression): expression.isSubMinute
        case .every(let span): span.seconds < 60
        }
    }

    /// The last second of .NET's years.
    private static let end = Date(timeIntervalSince1970: 253_402_300_799)

    /// nil if it never fires before the year 10000. It is not always after `date`: a time span may be zero or less, and
    /// .NET misreads some times when clocks change (`LocalTime.reading`).
    func next(after date: Date, in zone: LocalTime) -> Date? {
        // A clock may report anything.
        guard date < Self.end else { return nil }
        let next = next(after: max(date, .distantPast), zone)
        return next.flatMap { $0 <= Self.end ? $0 : nil }
    }

    private func next(after date: Date, _ zone: LocalTime) -> Date? {
        switch rule {
        case .cron(let expression):
            let now = Int(date.timeIntervalSince1970.rounded(.down))
            return expression.next(after: now, in: zone).map { Date(timeIntervalSince1970: Double($0)) }
        case .every(let span): return zone.asDateTime(zone.asDateTime(date).addingTimeInterval(span.seconds))
        }
    }
}

extension LocalTime {
    fileprivate func asDateTime(_ date: Date) -> Date {
        let moment = Int(date.timeIntervalSince1970.rounded(.down))
        return date.addingTimeInterval(Double(asDateTime(moment) - moment))
    }
}
