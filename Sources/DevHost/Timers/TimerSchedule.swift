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
            guard span.seconds > 0 else { throw .notPositive(text) }
            rule = .every(span)
        }
    }

    /// A warning about an unexpected meaning of the text.
    var warning: String? { if case .every(let span) = rule { span.warning } else { nil } }

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

    /// nil if it never fires before the year 10000. A time span counts from `date`, regardless of the zone.
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
        case .every(let span): return date.addingTimeInterval(span.seconds)
        }
    }
}
