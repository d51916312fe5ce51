import Foundation
import FunctionsModel
import JSON
import Testing

@testable import DevHost

@Suite struct TimerStateTests {
    private let hourly = "0 0 * * * *"

    private func at(_ time: String) throws -> Date { try date("2026-03-01T\(time)Z") }

    private func status(last: String?, next: String?, updated: String) throws -> TimerStatus {
        TimerStatus(last: try last.map(at), next: try next.map(at), lastUpdated: try at(updated))
    }

    private func listener(
        _ schedule: String, runOnStartup: Bool = false, useMonitor: Bool = true, stored: TimerStatus? = nil,
        at time: String
    ) throws -> TimerState {
        TimerState(
            try TimerSchedule(schedule), in: .utc, runOnStartup: runOnStartup, useMonitor: useMonitor, stored: stored,
            at: try at(time))
    }

    // MARK: The start

    @Test func `a new timer waits for its first time, which is saved`() throws {
        let timer = try listener(hourly, at: "09:35:00")
        #expect(timer.due == (try at("10:00:00")))
        #expect(timer.isMonitored)
        #expect(timer.status == (try status(last: nil, next: "10:00:00", updated: "09:35:00")))
    }

    @Test func `a restart before the next time changes nothing`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        for now in ["09:35:00", "10:00:00"] {
            let timer = try listener(hourly, stored: stored, at: now)
            #expect(timer.due == (try at("10:00:00")))
            #expect(timer.status == stored)
        }
    }

    @Test(arguments: ["09:00:00", nil])
    func `after missed times the timer fires once, with IsPastDue`(last: String?) throws {
        let stored = try status(last: last, next: "10:00:00", updated: "09:00:00")
        var timer = try listener(hourly, stored: stored, at: "13:20:00")
        #expect(timer.due == (try at("13:20:00")))
        let info = try #require(timer.fire(at: try at("13:20:00")))
        #expect(info == TimerInfo(adjustsForDST: true, status: stored, isPastDue: true))
        timer.finish(at: try at("13:20:05"))
        #expect(timer.due == (try at("14:00:00")))
        #expect(timer.status == (try status(last: "13:20:00", next: "14:00:00", updated: "13:20:00")))
        #expect(timer.fire(at: try at("14:00:00"))?.isPastDue == false)
    }

    @Test func `a time span is past due as well`() throws {
        let stored = try status(last: "09:00:00.125", next: "10:00:00.125", updated: "09:00:00.125")
        #expect(try listener("01:00:00", stored: stored, at: "09:59:00").due == (try at("10:00:00.125")))
        var timer = try listener("01:00:00", stored: stored, at: "10:30:00")
        #expect(timer.fire(at: try at("10:30:00"))?.isPastDue == true)
        timer.finish(at: try at("10:30:07"))
        #expect(timer.due == (try at("11:30:00")))
    }

    @Test func `a timer can be set to run at every start`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        for stored in [nil, stored] {
            var timer = try listener(hourly, runOnStartup: true, stored: stored, at: "09:35:00")
            #expect(timer.due == (try at("09:35:00")))
            #expect(timer.fire(at: try at("09:35:00"))?.isPastDue == false)
            timer.finish(at: try at("09:35:02"))
            #expect(timer.due == (try at("10:00:00")))
        }
    }

    @Test func `a timer that is past due and runs on startup runs once`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        var timer = try listener(hourly, runOnStartup: true, stored: stored, at: "10:35:00")
        #expect(timer.fire(at: try at("10:35:00"))?.isPastDue == true)
        timer.finish(at: try at("10:35:01"))
        #expect(timer.due == (try at("11:00:00")))
    }

    // MARK: Another schedule

    @Test func `a rarer schedule counts from the last update`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        let timer = try listener("0 0 */12 * * *", stored: stored, at: "09:35:00")
        #expect(timer.due == (try at("12:00:00")))
        #expect(timer.status == (try status(last: nil, next: "12:00:00", updated: "09:00:00")))
    }

    @Test func `a change to a more frequent schedule does not make the timer past due`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        let timer = try listener("0 */30 * * * *", stored: stored, at: "09:35:00")
        #expect(timer.due == (try at("10:00:00")))
        // 10:00 is the next time of both schedules.
        let odd = try listener("0 10 * * * *", stored: stored, at: "09:35:00")
        #expect(odd.due == (try at("10:10:00")))
        #expect(odd.status == (try status(last: nil, next: "10:10:00", updated: "09:35:00")))
    }

    @Test func `another zone is another schedule`() throws {
        let stored = try status(last: "08:00:00", next: "12:00:00", updated: "08:00:00")
        let timer = TimerState(
            try TimerSchedule("0 0 12 * * *"), in: .berlin, stored: stored, at: try at("10:00:00"))
        #expect(timer.due == (try at("11:00:00")))
    }

    // MARK: Monitoring

    @Test func `a timer that is not monitored is never past due`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        for (schedule, useMonitor, due) in [(hourly, false, "11:00:00"), ("*/30 * * * * *", true, "10:35:30")] {
            var timer = try listener(schedule, useMonitor: useMonitor, stored: stored, at: "10:35:00")
            #expect(!timer.isMonitored)
            #expect(timer.due == (try at(due)))
            #expect(timer.infoByHand.status == nil)
            #expect(
                timer.fire(at: try at(due)) == TimerInfo(adjustsForDST: true, status: nil, isPastDue: false))
        }
    }

    // MARK: Running

    @Test func `a function is given the time before and its own`() throws {
        var timer = try listener(hourly, at: "09:35:00")
        let first = timer.fire(at: try at("10:00:00.001"))
        let isNew = TimerStatus(last: nil, next: try at("10:00:00"), lastUpdated: .distantPast)
        #expect(first?.status == isNew)
        timer.finish(at: try at("10:00:07"))
        let second = timer.fire(at: try at("11:00:00.002"))
        #expect(second?.status == (try status(last: "10:00:00.001", next: "11:00:00", updated: "10:00:00.001")))
    }

    @Test func `it does not fire before its time`() throws {
        var timer = try listener(hourly, at: "09:35:00")
        #expect(timer.fire(at: try at("09:59:59.999")) == nil)
        #expect(timer.due == (try at("10:00:00")))
        #expect(timer.fire(at: try at("10:00:00")) != nil)
    }

    @Test func `it never runs twice at a time`() throws {
        var timer = try listener(hourly, at: "09:35:00")
        #expect(timer.fire(at: try at("10:00:00")) != nil)
        #expect(timer.due == nil)
        #expect(timer.fire(at: try at("11:00:00")) == nil)
        timer.finish(at: try at("12:30:00"))
        #expect(timer.due == (try at("13:00:00")))
        timer.finish(at: try at("13:30:00"))
        #expect(timer.due == (try at("13:00:00")))
    }

    @Test func `a time missed after a long run is past due at the next start`() throws {
        var timer = try listener(hourly, at: "09:35:00")
        #expect(timer.fire(at: try at("10:00:00")) != nil)
        timer.finish(at: try at("12:30:00"))
        #expect(timer.status == (try status(last: "10:00:00", next: "13:00:00", updated: "12:30:00")))
        #expect(try listener(hourly, stored: timer.status, at: "12:45:00").due == (try at("13:00:00")))
        var late = try listener(hourly, stored: timer.status, at: "13:10:00")
        #expect(late.fire(at: try at("13:10:00"))?.isPastDue == true)
    }

    @Test func `a time span counts from the start of a run`() throws {
        var timer = try listener("00:10:00", at: "09:00:00")
        #expect(timer.due == (try at("09:10:00")))
        #expect(timer.fire(at: try at("09:10:00")) != nil)
        timer.finish(at: try at("09:14:00"))
        #expect(timer.due == (try at("09:20:00")))
        #expect(timer.fire(at: try at("09:20:00")) != nil)
        timer.finish(at: try at("09:45:00"))
        #expect(timer.due == (try at("09:55:00")))
    }

    @Test(arguments: ["0", "00:00:00", "-01:00:00"])
    func `a time span that is not longer than zero has no pause`(schedule: String) throws {
        var timer = try listener(schedule, at: "09:00:00")
        #expect(timer.fire(at: try at("09:00:00"))?.isPastDue == false)
        timer.finish(at: try at("09:00:07"))
        #expect(timer.hasNoPause)
        #expect(timer.fire(at: try at("09:00:07")) != nil)
        var hourly = try listener(hourly, at: "09:35:00")
        _ = hourly.fire(at: try at("10:00:00"))
        hourly.finish(at: try at("10:00:07"))
        #expect(!hourly.hasNoPause)
    }

    @Test func `a run by hand changes nothing`() throws {
        let stored = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        let timer = try listener(hourly, stored: stored, at: "10:35:00")
        #expect(timer.infoByHand == TimerInfo(adjustsForDST: true, status: stored, isPastDue: false))
        #expect(timer.due == (try at("10:35:00")))
    }

    @Test func `a wait of months can be split into steps`() throws {
        var timer = try listener("100.00:00:00", at: "00:00:00")
        #expect(timer.due == (try date("2026-06-09T00:00:00Z")))
        #expect(timer.fire(at: try date("2026-03-25T00:00:00Z")) == nil)
        #expect(timer.fire(at: try date("2026-06-08T23:59:59Z")) == nil)
        #expect(timer.fire(at: try date("2026-06-09T00:00:00Z")) != nil)
    }

    @Test func `a schedule without a next time is never due`() throws {
        var timer = try listener("0 0 0 31 2 *", runOnStartup: true, at: "09:00:00")
        #expect(timer.fire(at: try at("09:00:00")) != nil)
        timer.finish(at: try at("09:00:01"))
        #expect(timer.due == nil)
        #expect(timer.fire(at: try at("23:00:00")) == nil)
        #expect(try listener("0 0 0 31 2 *", stored: timer.status, at: "10:00:00").due == nil)
    }

    // MARK: Other clocks

    @Test func `a status that was saved while the clock was ahead does not delay the timer`() throws {
        let ahead = TimerStatus(
            last: try date("2036-03-01T09:00:00Z"), next: try date("2036-03-01T10:00:00Z"),
            lastUpdated: try date("2036-03-01T09:00:00Z"))
        let timer = try listener(hourly, stored: ahead, at: "09:35:00")
        #expect(timer.storedIsAhead)
        #expect(timer.due == (try at("10:00:00")))
        #expect(timer.status == (try status(last: nil, next: "10:00:00", updated: "09:35:00")))
        // A difference of a moment does not count, because clocks are corrected often.
        let moment = try status(last: "09:00:00", next: "10:00:00", updated: "09:00:00")
        #expect(try listener(hourly, stored: moment, at: "08:59:59").storedIsAhead == false)
    }

    @Test func `if the clock is set back while the timer waits, the next time is calculated again`() throws {
        var timer = try listener(hourly, at: "23:35:00")
        #expect(timer.due == (try date("2026-03-02T00:00:00Z")))
        #expect(timer.fire(at: try at("09:35:00")) == nil)
        #expect(timer.due == (try at("10:00:00")))
        #expect(timer.fire(at: try at("10:00:00")) != nil)
    }

    @Test(arguments: ["0 0 * * * *", "00:05:00", "10675199.02:48:05", "0/2147483647 * * * * *"])
    func `the clock can show any year`(_ schedule: String) throws {
        for year in [-1e12, -62_135_596_800, 0, 253_402_300_799, 3.1e12, 9.2e18] {
            let now = Date(timeIntervalSince1970: year)
            var timer = TimerState(try TimerSchedule(schedule), in: .utc, stored: nil, at: now)
            _ = timer.infoByHand.value(in: .utc)
            if let info = timer.fire(at: timer.due ?? now) { _ = info.value(in: .berlin).json() }
            timer.finish(at: now)
        }
    }
}
