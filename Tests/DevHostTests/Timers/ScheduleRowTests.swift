import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import DevHost

/// Schedules of .NET (Tests/Golden/dotnet/cron and cron-*).
@Suite struct ScheduleRowTests {
    @Test func `a schedule is read, and finds its times, as in NCrontab`() throws {
        try Golden.compare("dotnet/cron", key: { $0["in"]?.string ?? "" }) { row in
            let text = try #require(row["in"]?.string)
            let kind = try #require(row["kind"]?.string)
            let schedule = try? TimerSchedule(text)
            guard kind == "cron" || kind == "timespan" else { return schedule == nil ? nil : "accepted" }
            guard let schedule else { return "refused" }
            if schedule.isSubMinute != row["subMinute"]?.boolean { return "subMinute: \(schedule.isSubMinute)" }
            if kind == "timespan" {
                let start = Date(timeIntervalSinceReferenceDate: 0)
                let seconds = schedule.next(after: start, in: .utc)?.timeIntervalSince(start)
                let ticks = seconds.map { String(Int(($0 * 10_000_000).rounded())) }
                return ticks == row["ticks"]?.string ? nil : "ticks: \(ticks ?? "none")"
            }
            let isInterval = try CronExpression(text).isInterval
            if isInterval != row["interval"]?.boolean { return "interval: \(isInterval)" }
            for start in row["next"]?.members ?? [] {
                let expected = start.tree.elements?.compactMap(\.string) ?? []
                let date = try #require(StoredTime.date(start.name + "Z"))
                let found = times(schedule, after: date, in: .utc, count: 10)
                let texts = found.map { String($0.ISO8601Format().dropLast()) } + (found.count < 10 ? ["never"] : [])
                if texts != expected { return "after \(start.name): \(texts), not \(expected)" }
            }
            return nil
        }
    }

    /// The test runs in its own process, because the time zone belongs to the process.
    @Test func `a schedule follows the clocks of a zone as in .NET`() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            for zone in Self.zones { try Self.compare(zone) }
        }
        print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
        let folder = Repository.root.appending(path: "Tests/Golden/dotnet").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("cron-") }
        #expect(Set(files) == Set(Self.zones.map { "\(Self.file(of: $0)).jsonl" }))
    }

    private static let zones = [
        "Africa/Cairo", "Africa/Casablanca", "America/New_York", "America/Santiago", "Antarctica/Troll",
        "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin",
    ]

    private static func file(of zone: String) -> String { "cron-" + zone.lowercased().replacing("/", with: "-") }

    private static func compare(_ name: String) throws {
        let zone = try LocalTime.system(name)
        func key(_ row: JSONTree) -> String { "\(row["in"]?.string ?? "") from \(row["start"]?.string ?? "")" }
        try Golden.compare("dotnet/\(file(of: name))", key: key) { row in
            let text = try #require(row["in"]?.string)
            let schedule = try TimerSchedule(text)
            let start = try #require(row["start"]?.string.flatMap(StoredTime.date))
            let next = row["next"]?.elements?.compactMap(\.string)
            let found = times(schedule, after: start, in: zone, count: 10).map { zone.dateTime(of: $0).isoText }
            if found != next { return "\(found), not \(next ?? [])" }
            // A timer fires some milliseconds late, from which a time span counts.
            guard schedule.adjustsForDST else { return nil }
            let nextLate = row["nextLate"]?.elements?.compactMap(\.string) ?? next
            let late = times(schedule, after: start, late: 0.003, in: zone, count: 10)
                .map { zone.dateTime(of: $0).isoText }
            return late == nextLate ? nil : "late: \(late), not \(nextLate ?? [])"
        }
    }
}

/// Timers of the real host (Tests/Golden/host/e5, `E5-timer-pastdue`).
extension ScheduleRowTests {
    @Test func `a timer's payloads are those of the real host`() throws {
        let row = try #require(try HostRow.all("e5").first { $0.name == "E5-timer-pastdue" })
        let recorded = row.exchanges.compactMap { RawMessage($0.sent) }
        var (start, end) = (try date("2026-11-28T12:45:16.500Z"), try date("2026-11-28T12:47:10.500Z"))
        let last = try date("2026-11-28T12:40:51.734Z")
        let stored = TimerStatus(last: last, next: try date("2026-11-28T12:45:00Z"), lastUpdated: last)
        var tally = GoldenTally("host/e5 timers")
        func play(
            _ name: String, _ schedule: String, runOnStartup: Bool = false, useMonitor: Bool = true,
            stored: TimerStatus? = nil
        ) throws {
            var state = TimerState(
                try TimerSchedule(schedule), in: .utc, runOnStartup: runOnStartup, useMonitor: useMonitor,
                stored: stored, at: start)
            let trigger = TriggerBinding(function: name, name: "tick")
            var ours: [String] = []
            while let due = state.due, due <= end, let info = state.fire(at: due) {
                let bytes = trigger.payload(timer: info.value(in: .utc)).bytes(now: due, randGuid: Fixed.guid)
                ours.append(Masks.mask(Masks.text(bytes)))
                state.finish(at: due)
            }
            let theirs = recorded.filter { $0.startLine.hasPrefix("POST /\(name) ") }
                .map { Masks.mask(Masks.text($0.body)) }
            tally.count(name, difference: ours == theirs ? nil : "\(ours), not \(theirs)")
        }
        try play("tm5", "*/5 * * * * *")
        try play("tmmin", "0 * * * * *")
        try play("tmnomon", "0 0 0 1 1 *", runOnStartup: true, useMonitor: false)
        try play("tmspan", "00:00:07", runOnStartup: true)
        (start, end) = (start, start + 1)
        try play("tmstart", "0 */5 * * * *", runOnStartup: true, stored: stored)
        tally.report()
    }
}
