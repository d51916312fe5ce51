import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct LocalTimeTests {
    @Test func `a skipped or repeated wall time has the offset of standard time`() throws {
        func reading(_ wall: String, in zone: LocalTime) throws -> String {
            let reading = zone.reading(of: Int(try date(wall).timeIntervalSince1970))
            return "\(reading.secondsEast)\(reading.isAmbiguous ? " ambiguous" : "")"
        }
        #expect(try reading("2026-03-29T01:59:59Z", in: .berlin) == "3600")
        #expect(try reading("2026-03-29T02:00:00Z", in: .berlin) == "3600")
        #expect(try reading("2026-03-29T03:00:00Z", in: .berlin) == "7200")
        #expect(try reading("2026-10-25T01:59:59Z", in: .berlin) == "7200")
        #expect(try reading("2026-10-25T02:00:00Z", in: .berlin) == "3600 ambiguous")
        #expect(try reading("2026-10-25T03:00:00Z", in: .berlin) == "3600")
        // In Dublin the hour is repeated when daylight saving, which is the winter's, begins.
        #expect(try reading("2026-03-29T01:30:00Z", in: .dublin) == "3600")
        #expect(try reading("2026-10-25T01:30:00Z", in: .dublin) == "3600")
        let second = Int(try date("2026-10-25T01:30:00Z").timeIntervalSince1970)
        #expect(LocalTime.dublin.asDateTime(second) == second - 3600)
    }

    /// The test runs in its own process, because the time zone belongs to the process.
    @Test func `the system knows when clocks change`() async {
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
