import Testing

@testable import CustomHandler

@Suite struct TimeTests {
    private static let second = 1_697_141_629.0  // 2023-10-12T20:13:49Z

    @Test(arguments: [
        // What the host sends in metadata and triggers.
        ("2023-10-12T20:13:49", second), ("2023-10-12T20:13:49+00:00", second), ("2023-10-12T20:13:49Z", second),
        ("2023-10-12T20:13:49.1234567Z", second + 0.1234567), ("2023-10-12T20:13:49.5", second + 0.5),
        ("2023-10-12T20:13:49.0012+00:00", second + 0.0012), ("0001-01-01T00:00:00+00:00", -62_135_596_800),
        ("9999-12-31T23:59:59+00:00", 253_402_300_799),
        // Other offsets and spellings.
        ("2023-10-12T22:13:49+02:00", second), ("2023-10-13T01:43:49+05:30", second),
        ("2023-10-12T12:28:49-07:45", second), ("2023-10-13T10:13:49+14:00", second),
        ("2023-10-12T22:13:49+0200", second), ("2023-10-12 22:13:49+02", second), ("2023-10-12t20:13:49z", second),
        ("2023-10-12 20:13:49Z", second), ("2023-10-12T20:13:49-00:00", second),
        ("2023-10-12T20:13:49.000", second), ("2023-10-12T20:13:49.99999999999999999999Z", second + 1),
        // A leap second is the second after it.
        ("2016-12-31T23:59:60Z", 1_483_228_800), ("2017-01-01T00:59:60+01:00", 1_483_228_800),
        ("2016-12-31T23:59:60.5Z", 1_483_228_800.5),
        ("0000-01-01T00:00:00Z", -62_167_219_200), ("1969-12-31T23:59:59.5Z", -0.5),
        ("2024-02-29T00:00:00Z", 1_709_164_800),
    ])
    func `a time is read`(_ text: String, _ seconds: Double) throws {
        let time = try RFC3339.parse(Array(text.utf8))
        #expect(abs(Double(time.seconds) + time.fraction - seconds) < 1e-6)
    }

    @Test(arguments: [
        "", "2023", "2023-10-12", "2023-10-12T", "2023-10-12T20:13", "2023-10-12T20:13:49.", "2023-10-12T20:13:49.Z",
        "2023-10-12T20:13:49 Z", "2023-10-12T20:13:49Zx", " 2023-10-12T20:13:49Z", "2023-10-12T20:13:49Z ",
        "2023-10-12_20:13:49Z", "2023-1-2T20:13:49Z", "23-10-12T20:13:49Z", "+2023-10-12T20:13:49Z",
        "2023-10-12T20:13:49+", "2023-10-12T20:13:49+2", "2023-10-12T20:13:49+02:", "2023-10-12T20:13:49+02:0",
        "2023-10-12T20:13:49+02:00:00", "2023-10-12T20:13:49,5Z", "2023-10-12T２0:13:49Z", "yesterday",
    ])
    func `a text of another form is no time`(_ text: String) {
        #expect(throws: RFC3339.Mistake.format) { try RFC3339.parse(Array(text.utf8)) }
    }

    @Test(arguments: [
        "2023-02-29T00:00:00Z", "2023-00-01T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-00T00:00:00Z",
        "2023-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z",
        "2023-01-01T00:00:61Z", "2023-01-01T00:00:60Z", "2023-01-01T23:59:60Z", "2016-12-31T23:59:60+01:00",
        "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+01:60", "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
    ])
    func `a day or time that does not exist is out of range`(_ text: String) {
        #expect(throws: RFC3339.Mistake.range) { try RFC3339.parse(Array(text.utf8)) }
    }

    @Test func `a date of .NET is not guessed`() {
        #expect(throws: RFC3339.Mistake.monthFirst) { try RFC3339.parse(Array("06/04/2024 15:30:00".utf8)) }
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00Z"), (1.5, "1970-01-01T00:00:01.500Z"), (-0.25, "1969-12-31T23:59:59.750Z"),
        (0.9996, "1970-01-01T00:00:01Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
        (1_709_208_000.001, "2024-02-29T12:00:00.001Z"),
    ])
    func `a time is written`(_ seconds: Double, _ text: String) { #expect(RFC3339.format(seconds) == text) }

    @Test func `every day is written and read`() throws {
        for day in stride(from: -719_528, through: 2_932_896, by: 997) {
            let seconds = Double(day * 86_400 + day % 86_400 + (day < 0 ? 86_399 : 0))
            guard let text = RFC3339.format(seconds) else { continue }
            let time = try RFC3339.parse(Array(text.utf8))
            #expect(Double(time.seconds) == seconds && CivilTime(seconds: time.seconds) == time, "\(text)")
        }
    }
}
