import Foundation
import Testing

@testable import DevHost

extension LocalTime {
    /// A zone that has summer time only in 2026.
    private static func changing(_ standard: Int, _ summer: Int, from spring: String, to autumn: String) -> LocalTime {
        let format = ISO8601DateFormatter()
        let changes = [spring, autumn].compactMap { format.date(from: $0).map { Int($0.timeIntervalSince1970) } }
        return LocalTime { moment in
            let isSummer = changes[0]..<changes[1] ~= moment
            return .init(secondsEast: isSummer ? summer : standard, isDaylightSaving: isSummer)
        }
    }

    static let berlin = changing(3600, 7200, from: "2026-03-29T01:00:00Z", to: "2026-10-25T01:00:00Z")
    static let dublin = LocalTime { moment in
        let isSummer = LocalTime.berlin.offset(at: moment) == 7200
        return .init(secondsEast: isSummer ? 3600 : 0, isDaylightSaving: !isSummer)
    }
    static let newYork = changing(-18_000, -14_400, from: "2026-03-08T07:00:00Z", to: "2026-11-01T06:00:00Z")
}

/// A date from RFC 3339 text.
func date(_ text: String) throws -> Date {
    let format = ISO8601DateFormatter()
    if text.contains(".") { format.formatOptions.insert(.withFractionalSeconds) }
    return try #require(format.date(from: text))
}

/// The next times of a schedule, each sought this many seconds after the one before.
func times(
    _ schedule: TimerSchedule, after start: Date, late: TimeInterval = 0, in zone: LocalTime, count: Int
) -> [Date] {
    var found: [Date] = []
    while found.count < count, let next = schedule.next(after: found.last.map { $0 + late } ?? start, in: zone) {
        found.append(next)
    }
    return found
}
