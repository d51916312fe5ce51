import Foundation
import Testing

@testable import DevHost

struct DotNetTextTests {
    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (5, "5"), (100, "100"), (-1.5, "-1.5"), (0.1, "0.1"), (12.034, "12.034"),
        (0.0001, "0.0001"), (0.00001, "1E-05"), (1.5e-10, "1.5E-10"), (1e14, "100000000000000"), (1e15, "1E+15"),
        (1_234_567_890_123_456, "1234567890123456"), (123_456_789_012_345_680, "1.2345678901234568E+17"),
        (1e100, "1E+100"), (-2.5e-300, "-2.5E-300"),
    ])
    func `a number has the text that .NET gives it`(_ number: Double, _ expected: String) {
        #expect(DotNetText.number(number) == expected)
    }

    @Test(arguments: [
        ("2024-04-06T15:30:00", "04/06/2024 15:30:00", "2024-04-06T15:30:00"),
        ("2024-04-06T15:30:00Z", "04/06/2024 15:30:00", "2024-04-06T15:30:00Z"),
        ("2024-04-06T15:30:00.5000z", "04/06/2024 15:30:00", "2024-04-06T15:30:00.5Z"),
        ("2024-04-06T01:30:00+02:00", "04/05/2024 23:30:00", "2024-04-05T23:30:00+00:00"),
        ("2024-02-28T23:59:59.1234567-0130", "02/29/2024 01:29:59", "2024-02-29T01:29:59.1234567+00:00"),
        ("2023-12-31T23:00:00-02", "01/01/2024 01:00:00", "2024-01-01T01:00:00+00:00"),
        ("0001-01-01T00:00:00", "01/01/0001 00:00:00", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59", "12/31/9999 23:59:59", "9999-12-31T23:59:59"),
    ])
    func `a text that is a date-time is read and written anew`(
        _ text: String, _ culture: String, _ iso: String
    ) throws {
        let moment = try #require(DotNetDateTime(json: text))
        #expect(moment.cultureText == culture)
        #expect(moment.isoText == iso)
    }

    @Test(arguments: [
        "", "2024", "2024-04-06", "2024-04-06 15:30:00", "2024-04-06T15:30", "2024-13-06T15:30:00",
        "2023-02-29T15:30:00", "1900-02-29T15:30:00", "2024-04-06T24:30:00", "2024-04-06T15:60:00",
        "2024-04-06T15:30:00.", "2024-04-06T15:30:00.12345678", "2024-04-06T15:30:00 ", "2024-04-06T15:30:00+2",
        "2024-04-06T15:30:00Zulu", "0000-04-06T15:30:00", " 2024-04-06T15:30:00",
    ])
    func `any other text is no date-time`(_ text: String) {
        #expect(DotNetDateTime(json: text) == nil)
    }

    @Test(arguments: [
        "2000-02-29T00:00:00", "2000-03-01T00:00:00", "1970-01-01T00:00:00", "1969-12-31T23:59:59",
        "2100-02-28T12:00:00", "2026-12-31T23:59:59",
    ])
    func `a day of the calendar is the same day again`(_ text: String) throws {
        #expect(try #require(DotNetDateTime(json: text)).isoText == text)
        #expect(DotNetDateTime(Fixed.moment(text + "Z"), zone: .none).isoText == text)
    }

    @Test func `a date keeps seven digits of its fraction`() {
        #expect(DotNetDateTime(Fixed.now, zone: .utc).isoText == "2026-03-01T10:20:30.1234567Z")
        #expect(DotNetDateTime(Fixed.now, zone: .offset).isoTextWithoutFraction == "2026-03-01T10:20:30+00:00")
        let before1970 = Date(timeIntervalSince1970: -0.25)
        #expect(DotNetDateTime(before1970, zone: .utc).isoText == "1969-12-31T23:59:59.75Z")
    }
}
