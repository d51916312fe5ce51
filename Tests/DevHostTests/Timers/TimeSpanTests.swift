import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct TimeSpanTests {
    @Test(
        arguments: [
            ("00:00:15", 15), ("00:05:00", 300), ("01:00:00", 3600), ("23:59:59", 86_399), ("1:2:3", 3723),
            ("00:00:00.5", 0.5), ("00:00:01.2500000", 1.25), ("12:30", 45_000), ("1.00:00:00", 86_400),
            ("1.00:00", 86_400), ("1:00:00:00", 86_400), ("25:00:00:00", 2_160_000), ("1.12:30:15.5", 131_415.5),
            ("40.00:00:00", 3_456_000), ("0.00:00:30", 30), (" 00:05:00 ", 300), ("6", 518_400),
            ("24:00:00", 2_073_600), ("24:10:15", 2_110_500), ("99:23:59", 8_639_940),
        ])
    func `a timer with a time span fires at its end`(text: String, seconds: Double) throws {
        let start = try date("2026-03-01T10:15:00Z")
        #expect(try TimerSchedule(text).next(after: start, in: .berlin) == start.addingTimeInterval(seconds))
    }

    @Test(
        arguments: [
            "24:00", "24:30:00", "00:60:00", "00:00:60", "1.24:00:00", "1.5", "00:00:00.12345678", "24:00:00.0",
            "10675200", "99999999999999999999", ":", "1:", "00::00", "a", "1h", "00:00:00:00:00", "+1",
        ])
    func `what .NET refuses is refused`(text: String) {
        #expect(throws: TimerScheduleError.unreadable(text)) {
            try TimerSchedule(text)
        }
    }

    @Test(
        arguments: [
            (
                "24:00:00",
                "'24:00:00' means 24 days, not 24 hours, because hours end at 23; for 24 hours write '1.00:00:00'"
            ),
            (
                "36:10:15",
                "'36:10:15' means 36 days, not 36 hours, because hours end at 23; for 36 hours write '1.12:10:15'"
            ),
            ("6", "'6' means 6 days; if that is what you want, write '6.00:00:00'"),
            ("23:00:00", nil), ("1.00:00:00", nil), ("0 0 */24 * * *", nil),
        ] as [(String, String?)])
    func `days that look like hours cause a warning`(text: String, warning: String?) throws {
        #expect(try TimerSchedule(text).warning == warning)
    }
}
