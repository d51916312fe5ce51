import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct LocalTimeTests {
    @Test func `a wall time is one moment, two moments, or a later one if clocks skip it`() throws {
        func moments(_ wall: String) throws -> [String] {
            let wall = Int(try date(wall).timeIntervalSince1970)
            return LocalTime.berlin.moments(of: wall).map {
                LocalTime.berlin.dateTime(of: Date(timeIntervalSince1970: Double($0))).isoText
            }
        }
        #expect(try moments("2026-03-29T01:59:59Z") == ["2026-03-29T01:59:59+01:00"])
        #expect(try moments("2026-03-29T02:00:00Z") == ["2026-03-29T03:00:00+02:00"])
        #expect(try moments("2026-03-29T03:00:00Z") == ["2026-03-29T03:00:00+02:00"])
        #expect(try moments("2026-10-25T01:59:59Z") == ["2026-10-25T01:59:59+02:00"])
        #expect(try moments("2026-10-25T02:00:00Z") == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"])
        #expect(try moments("2026-10-25T03:00:00Z") == ["2026-10-25T03:00:00+01:00"])
    }

    /// The test runs in its own process, because the time zone belongs to the process.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin")))
    func `the system knows when clocks change`() async {
        await #expect(processExitsWith: .success) {
            let zone = try LocalTime.system("Europe/Berlin")
            let offsets = [1_774_745_999, 1_774_746_000, 1_792_889_999, 1_792_890_000].map(zone.offset)
            exit(offsets == [3600, 7200, 7200, 3600] ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test(arguments: [
        "Europe/Berln", "", "Europe", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin", "zone.tab",
        "W. Europe Standard Time",
    ])
    func `an unknown zone is refused`(identifier: String) {
        let error = #expect(throws: LocalTimeError.self) { try LocalTime.system(identifier) }
        guard FileManager.default.fileExists(atPath: "/usr/share/zoneinfo") else { return }
        #expect(
            error?.description == "'\(identifier)' is not a time zone in /usr/share/zoneinfo; use a name such as "
                + "Europe/Berlin or America/New_York, or install a newer tzdata")
    }

    @Test func `without tzdata the error says what to install`() {
        #expect(
            LocalTimeError.noDatabase("Europe/Berlin").description
                == "the time zone 'Europe/Berlin' cannot be looked up: there is no /usr/share/zoneinfo; install tzdata")
    }
}
