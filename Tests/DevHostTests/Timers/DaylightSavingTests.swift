import Foundation
import FunctionsModel
import Testing

@testable import DevHost

/// What rows of recorded zones do not show (`ScheduleRowTests`).
@Suite struct DaylightSavingTests {
    private func expect(_ expression: String, in zone: LocalTime, after start: String, _ expected: [String]) throws {
        let schedule = try TimerSchedule(expression)
        let found = times(schedule, after: try date(start), in: zone, count: expected.count)
        #expect(found.map { zone.dateTime(of: $0).isoText } == expected)
    }

    @Test(arguments: ["2026-03-28T12:00:00+01:00", "2026-10-24T12:00:00+02:00"])
    func `every five minutes stays every five minutes when clocks change`(start: String) throws {
        let start = try date(start)
        let found = times(try TimerSchedule("0 */5 * * * *"), after: start, in: .berlin, count: 576)
        #expect(zip([start] + found, found).allSatisfy { $1.timeIntervalSince($0) == 300 })
    }

    @Test func `a time span does not follow the clocks`() throws {
        try expect(
            "1.00:00:00", in: .berlin, after: "2026-03-28T12:00:00+01:00",
            ["2026-03-29T13:00:00+02:00", "2026-03-30T13:00:00+02:00"])
    }

    @Test func `a time in the repeated hour is missed if it is sought from winter before the summer`() throws {
        try expect("0 30 2 25 10 *", in: .berlin, after: "2026-01-01T00:00:00+01:00", ["2027-10-25T02:30:00+01:00"])
        try expect("0 30 2 25 10 *", in: .berlin, after: "2026-04-01T00:00:00+02:00", ["2026-10-25T02:30:00+02:00"])
    }

    @Test func `where daylight saving is the winter's, a skipped time runs again and again before it, as in Azure`()
        throws
    {
        try expect(
            "0 30 1 * * *", in: .dublin, after: "2026-03-29T00:40:00+00:00",
            ["2026-03-29T00:30:00+00:00", "2026-03-29T00:30:00+00:00"])
        try expect("0 30 1 * * *", in: .dublin, after: "2026-03-29T02:00:00+01:00", ["2026-03-30T01:30:00+01:00"])
    }
}
