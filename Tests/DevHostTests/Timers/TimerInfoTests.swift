import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct TimerInfoTests {
    @Test func `the value of a monitored timer`() throws {
        let status = TimerStatus(
            last: try date("2026-03-01T10:15:00Z").addingTimeInterval(0.0012), next: try date("2026-03-01T10:20:00Z"),
            lastUpdated: try date("2026-03-01T10:15:00Z").addingTimeInterval(0.0012))
        let info = TimerInfo(adjustsForDST: true, status: status, isPastDue: false)
        #expect(
            info.value(in: .utc).json() == """
                {"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-03-01T10:15:00.0012+00:00",\
                "Next":"2026-03-01T10:20:00+00:00","LastUpdated":"2026-03-01T10:15:00.0012+00:00"},"IsPastDue":false}
                """)
        let next = info.value(in: .newYork).member(anyCase: "ScheduleStatus")?.member(anyCase: "Next")
        #expect(next?.string == "2026-03-01T05:20:00-05:00")
    }

    @Test func `the value of a timer that is not monitored`() {
        let info = TimerInfo(adjustsForDST: false, status: nil, isPastDue: true)
        #expect(
            info.value(in: .utc).json()
                == #"{"Schedule":{"AdjustForDST":false},"ScheduleStatus":null,"IsPastDue":true}"#)
    }

    @Test func `the first firing of a new timer has no time of the last update`() throws {
        let status = TimerStatus(last: nil, next: try date("2026-03-01T10:20:00Z"), lastUpdated: .distantPast)
        let value = TimerInfo(adjustsForDST: true, status: status, isPastDue: false).value(in: .berlin)
        #expect(
            value.member(anyCase: "ScheduleStatus")?.json() == """
                {"Last":"0001-01-01T00:00:00+00:00","Next":"2026-03-01T11:20:00+01:00",\
                "LastUpdated":"0001-01-01T00:00:00+00:00"}
                """)
    }

    @Test func `missing last and next firings are written as .NET's first and last dates`() throws {
        let status = TimerStatus(last: nil, next: nil, lastUpdated: try date("2026-03-01T10:15:00Z"))
        let value = TimerInfo(adjustsForDST: true, status: status, isPastDue: false).value(in: .berlin)
        #expect(
            value.member(anyCase: "ScheduleStatus")?.json() == """
                {"Last":"0001-01-01T00:00:00+00:00","Next":"9999-12-31T23:59:59.9999999+00:00",\
                "LastUpdated":"2026-03-01T11:15:00+01:00"}
                """)
    }
}
