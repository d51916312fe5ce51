import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct DaylightSavingTests {
    private func expect(_ expression: String, in zone: LocalTime, after start: String, _ expected: [String]) throws {
        let schedule = try TimerSchedule(expression)
        let found = times(schedule, after: try date(start), in: zone, count: expected.count)
        #expect(found.map { zone.dateTime(of: $0).isoText } == expected)
    }

    @Test(
        arguments: [
            ("0 0 12 * * *", "2026-03-28T12:00:00+01:00", ["2026-03-29T12:00:00+02:00", "2026-03-30T12:00:00+02:00"]),
            ("0 30 3 * * *", "2026-03-28T03:30:00+01:00", ["2026-03-29T03:30:00+02:00", "2026-03-30T03:30:00+02:00"]),
            ("0 30 2 * * *", "2026-03-28T02:30:00+01:00", ["2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"]),
            ("0 30 2 * * *", "2026-03-29T03:10:00+02:00", ["2026-03-30T02:30:00+02:00"]),
            (
                "0 30 * * * *", "2026-03-29T00:30:00+01:00",
                ["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-29T04:30:00+02:00"]
            ),
            (
                "0 */5 * * * *", "2026-03-29T01:50:00+01:00",
                ["2026-03-29T01:55:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:05:00+02:00"]
            ),
            ("* * * * * *", "2026-03-29T01:59:59+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-29T03:00:01+02:00"]),
        ])
    func `a time that clocks skip runs later`(expression: String, start: String, expected: [String]) throws {
        try expect(expression, in: .berlin, after: start, expected)
    }

    @Test(
        arguments: [
            ("0 30 2 * * *", "2026-10-24T02:30:00+02:00", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
            ("0 30 2 * * *", "2026-10-25T02:40:00+02:00", ["2026-10-26T02:30:00+01:00"]),
            ("0 30 2 * * *", "2026-10-25T02:10:00+01:00", ["2026-10-26T02:30:00+01:00"]),
            ("0 30 2,4 * * *", "2026-10-25T02:10:00+01:00", ["2026-10-25T04:30:00+01:00"]),
            ("0 0 */2 * * *", "2026-10-25T00:00:00+02:00", ["2026-10-25T02:00:00+02:00", "2026-10-25T04:00:00+01:00"]),
            (
                "0 30 2 25 10 *", "2026-01-01T00:00:00+01:00",
                ["2026-10-25T02:30:00+02:00", "2027-10-25T02:30:00+01:00"]
            ),
            ("0 0 3 * * *", "2026-10-24T03:00:00+02:00", ["2026-10-25T03:00:00+01:00", "2026-10-26T03:00:00+01:00"]),
        ])
    func `a point in time runs only in the first of two equal hours`(
        expression: String, start: String, expected: [String]
    ) throws {
        try expect(expression, in: .berlin, after: start, expected)
    }

    @Test(
        arguments: [
            (
                "0 30 * * * *", "2026-10-25T01:30:00+02:00",
                ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"]
            ),
            (
                "0 */20 * * * *", "2026-10-25T02:20:00+02:00",
                [
                    "2026-10-25T02:40:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:20:00+01:00",
                    "2026-10-25T02:40:00+01:00", "2026-10-25T03:00:00+01:00",
                ]
            ),
            (
                "0 45 1-2 * * *", "2026-10-25T01:45:00+02:00",
                ["2026-10-25T02:45:00+02:00", "2026-10-25T02:45:00+01:00", "2026-10-26T01:45:00+01:00"]
            ),
            (
                "* * * * * *", "2026-10-25T02:59:58+02:00",
                ["2026-10-25T02:59:59+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:00:01+01:00"]
            ),
            ("0 0 1-3 * * *", "2026-10-25T02:30:00+01:00", ["2026-10-25T03:00:00+01:00"]),
        ])
    func `an interval runs in both of two equal hours`(expression: String, start: String, expected: [String]) throws {
        try expect(expression, in: .berlin, after: start, expected)
    }

    @Test func `daylight saving works west of Greenwich`() throws {
        try expect(
            "0 30 2 * * *", in: .newYork, after: "2026-03-07T02:30:00-05:00",
            ["2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"])
        try expect(
            "0 30 1 * * *", in: .newYork, after: "2026-10-31T01:30:00-04:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"])
        try expect(
            "0 30 * * * *", in: .newYork, after: "2026-11-01T01:00:00-04:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"])
    }

    @Test func `daylight saving of half an hour works`() throws {
        try expect(
            "0 */20 * * * *", in: .halfHour, after: "2026-04-05T01:40:00+11:00",
            ["2026-04-05T01:40:00+10:30", "2026-04-05T02:00:00+10:30"])
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
}
