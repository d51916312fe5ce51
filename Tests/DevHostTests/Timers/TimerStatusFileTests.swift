import Foundation
import TestSupport
import Testing

@testable import DevHost

@Suite struct TimerStatusFileTests {
    private let temporary: TemporaryFolder
    /// Not there before the file is.
    private var folder: String { temporary("timers") }
    private var path: String { "\(folder)/timers.json" }

    init() throws { temporary = try TemporaryFolder() }

    private func write(_ text: String) throws { try temporary.write(text, to: "timers/timers.json") }

    @Test func `a status survives a restart`() throws {
        let tick = TimerStatus(
            last: try date("2026-03-01T10:15:00.125Z"), next: try date("2026-03-01T10:20:00Z"),
            lastUpdated: try date("2026-03-01T10:15:00.125Z"))
        let never = TimerStatus(last: nil, next: nil, lastUpdated: try date("2026-03-01T10:00:00Z"))
        let file = TimerStatusFile(folder: folder)
        #expect(file.damage == nil)
        #expect(file["Tick"] == nil)
        try file.set(tick, of: "Tick")
        try file.set(never, of: "Never")

        let again = TimerStatusFile(folder: folder)
        #expect(again.damage == nil)
        #expect(again["Tick"] == tick)
        #expect(again["Never"] == never)
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == """
                {
                  "Never": {"Last":null,"Next":null,"LastUpdated":"2026-03-01T10:00:00.000Z"},
                  "Tick": {"Last":"2026-03-01T10:15:00.125Z","Next":"2026-03-01T10:20:00.000Z",\
                "LastUpdated":"2026-03-01T10:15:00.125Z"}
                }

                """)
    }

    @Test func `a status file may have times without a fraction and lack members`() throws {
        try write(#"{"Tick": {"Next": "2026-03-01T10:20:00Z", "LastUpdated": "2026-03-01T10:15:00Z"}, /* mine */ }"#)
        let file = TimerStatusFile(folder: folder)
        #expect(file.damage == nil)
        #expect(
            file["Tick"]
                == TimerStatus(
                    last: nil, next: try date("2026-03-01T10:20:00Z"), lastUpdated: try date("2026-03-01T10:15:00Z")))
    }

    @Test(
        arguments: [
            ("", "line 1, column 1: the text ends in the middle of a value"),
            ("{\"Tick\": {\"Last\"", "line 1, column 17: the text ends in the middle of a value"),
            ("[]", "it holds an array, not an object"),
            ("{\n  \"Tick\": 5\n}", "line 2: 'Tick' is no status of a timer"),
            ("{\"Tick\": {}}", "line 1: 'Tick' is no status of a timer"),
            (
                "{\"Tick\": {\"LastUpdated\": \"2026-03-01T10:15:00Z\", \"Next\": \"soon\"}}",
                "line 1: 'Tick' is no status of a timer"
            ),
        ])
    func `a damaged file is reported and replaced`(text: String, reason: String) throws {
        try write(text)
        let file = TimerStatusFile(folder: folder)
        #expect(
            file.damage?.description == "\(path) cannot be understood, so missed timers are not noticed, and it is "
                + "begun anew: \(reason)")
        #expect(file["Tick"] == nil)

        let status = TimerStatus(last: nil, next: nil, lastUpdated: try date("2026-03-01T10:00:00Z"))
        try file.set(status, of: "Tick")
        let again = TimerStatusFile(folder: folder)
        #expect(again.damage == nil)
        #expect(again["Tick"] == status)
    }

    @Test func `a status that cannot be written is still remembered`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let file = TimerStatusFile(folder: folder)
        #expect(file.damage == .unreadable(path))
        let status = TimerStatus(last: nil, next: nil, lastUpdated: try date("2026-03-01T10:00:00Z"))
        let error = #expect(throws: TimerStatusFileError.self) { try file.set(status, of: "Tick") }
        #expect(
            error?.description.hasPrefix(
                "\(path) cannot be written, so missed timers will not be noticed; check the folder's permissions: ")
                == true)
        #expect(file["Tick"] == status)
    }

    @Test(arguments: [
        "99999-01-01T00:00:00Z", "9223372036854775807-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01",
    ])
    func `an impossible time counts as damage`(_ time: String) throws {
        try write(#"{ "Tick": { "LastUpdated": "\#(time)" } }"#)
        let file = TimerStatusFile(folder: folder)
        #expect(file["Tick"] == nil)
        #expect(file.damage == .damaged(path, reason: "line 1: 'Tick' is no status of a timer"))
    }
}
