import FoundationEssentials
import JSON

/// The value that a timer trigger's function gets (host-contract §6.7).
struct TimerInfo: Sendable, Equatable {
    let adjustsForDST: Bool
    /// nil if the timer is not monitored.
    let status: TimerStatus?
    let isPastDue: Bool

    /// Members in the order of Azure's classes, dates as .NET writes them, in `zone`.
    func value(in zone: LocalTime) -> JSONTree {
        func object(_ members: [(String, JSONTree.Value)]) -> JSONTree.Value {
            .object(members.map { .init(name: $0.0, tree: JSONTree($0.1, line: 1)) })
        }
        func text(_ date: Date) -> JSONTree.Value { .string(RoundTripDate.text(date, in: zone)) }
        let status = status.map { status in
            object([
                ("Last", status.last.map(text) ?? .string(RoundTripDate.minimum)),
                ("Next", status.next.map(text) ?? .string(RoundTripDate.maximum)),
                ("LastUpdated", text(status.lastUpdated)),
            ])
        }
        let members = [
            ("Schedule", object([("AdjustForDST", .boolean(adjustsForDST))])),
            ("ScheduleStatus", status ?? .null),
            ("IsPastDue", .boolean(isPastDue)),
        ]
        return JSONTree(object(members), line: 1)
    }
}

/// Dates in .NET's round-trip format: a fraction without trailing zeros, and always an offset.
enum RoundTripDate {
    /// Azure's value for a firing that has not happened yet.
    static let minimum = "0001-01-01T00:00:00+00:00"
    /// Azure's value for a firing that will never happen.
    static let maximum = "9999-12-31T23:59:59.9999999+00:00"

    static func text(_ date: Date, in zone: LocalTime) -> String {
        // A Date does not have the precision of .NET's seven decimals.
        let microseconds = Int((min(max(date.timeIntervalSince1970, -62e9), 254e9) * 1_000_000).rounded())
        let moment = microseconds.floored(by: 1_000_000)
        let offset = zone.offset(at: moment)
        let wall = moment + offset
        let day = CivilDate(dayNumber: wall.floored(by: 86_400))
        let time = wall - wall.floored(by: 86_400) * 86_400
        var fraction = padded(microseconds - moment * 1_000_000, to: 6)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(padded(day.year, to: 4))-\(padded(day.month))-\(padded(day.day))T\(clock(time / 60)):"
            + padded(time % 60) + (fraction.isEmpty ? "" : ".\(fraction)")
            + (offset < 0 ? "-" : "+") + clock(abs(offset) / 60)
    }

    private static func clock(_ minutes: Int) -> String { "\(padded(minutes / 60)):\(padded(minutes % 60))" }

    private static func padded(_ number: Int, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
