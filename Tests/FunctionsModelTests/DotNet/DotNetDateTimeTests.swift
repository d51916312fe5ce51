import Foundation
import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct DotNetDateTimeTests {
    private static func moment(_ text: String, fraction: Double = 0) -> Date {
        let whole = ISO8601DateFormatter().date(from: text) ?? .distantPast
        return Date(timeIntervalSinceReferenceDate: whole.timeIntervalSinceReferenceDate + fraction)
    }

    /// A text, .NET's notation of the date it is, and the one in JSON.
    @Test(arguments: [
        ("2024-01-01T00:00:00Z", "01/01/2024 00:00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00z", "01/01/2024 00:00:00", "2024-01-01T00:00:00Z"),
        ("2024-12-31T23:59:59", "12/31/2024 23:59:59", "2024-12-31T23:59:59"),
        ("2024-01-01T00:00:00.000Z", "01/01/2024 00:00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.120", "01/01/2024 00:00:00", "2024-01-01T00:00:00.12"),
        ("2024-01-01T00:00:00.0012345Z", "01/01/2024 00:00:00", "2024-01-01T00:00:00.0012345Z"),
        ("2024-01-01T02:30:00+02:30", "01/01/2024 00:00:00", "2024-01-01T00:00:00+00:00"),
        ("2024-02-28T23:00:00-02:00", "02/29/2024 01:00:00", "2024-02-29T01:00:00+00:00"),
        ("2024-01-01T02:00:00+0200", "01/01/2024 00:00:00", "2024-01-01T00:00:00+00:00"),
        ("2024-01-01T02:00:00+02", "01/01/2024 00:00:00", "2024-01-01T00:00:00+00:00"),
        ("2024-01-01T24:00:00Z", "01/02/2024 00:00:00", "2024-01-02T00:00:00Z"),
        ("2024-01-01T00:00:00.123456789", "01/01/2024 00:00:00", "2024-01-01T00:00:00.1234567"),
        ("0001-01-01T00:00:00+05:00", "01/01/0001 00:00:00", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:00:00-05:00", "12/31/9999 23:59:59", "9999-12-31T23:59:59.9999999+00:00"),
        ("/Date(0)/", "01/01/1970 00:00:00", "1970-01-01T00:00:00Z"),
        ("/Date(-1+0200)/", "12/31/1969 23:59:59", "1969-12-31T23:59:59.999+00:00"),
        ("2024-04-06T15:30:00", "04/06/2024 15:30:00", "2024-04-06T15:30:00"),
        ("2024-04-06T15:30:00Z", "04/06/2024 15:30:00", "2024-04-06T15:30:00Z"),
        ("2024-04-06T15:30:00.5000z", "04/06/2024 15:30:00", "2024-04-06T15:30:00.5Z"),
        ("2024-04-06T01:30:00+02:00", "04/05/2024 23:30:00", "2024-04-05T23:30:00+00:00"),
        ("2024-02-28T23:59:59.1234567-0130", "02/29/2024 01:29:59", "2024-02-29T01:29:59.1234567+00:00"),
        ("2023-12-31T23:00:00-02", "01/01/2024 01:00:00", "2024-01-01T01:00:00+00:00"),
        ("0001-01-01T00:00:00", "01/01/0001 00:00:00", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59", "12/31/9999 23:59:59", "9999-12-31T23:59:59"),
    ])
    func `a text that is a date-time is parsed and reformatted`(
        _ text: String, _ culture: String, _ iso: String
    ) throws {
        let date = try #require(try DotNetDateTime(newtonsoft: text))
        #expect(date.cultureText == culture)
        #expect(date.isoText == iso)
    }

    @Test(arguments: [
        "2024-01-01", "2024-01-01 00:00:00", "2024-01-01T00:00", "2024-01-01T00:00:00 ", "2024-01-01T00:00:00Z\n",
        " 2024-01-01T00:00:00", "2024-13-01T00:00:00", "2023-02-29T00:00:00", "0000-01-01T00:00:00",
        "2024-01-01T25:00:00", "2024-01-01T24:00:01", "2024-01-01T00:60:00", "2024-01-01T00:00:60",
        "2024-01-01T00:00:00.", "2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00+2", "2024-01-01t00:00:00",
        "/Date(x)/", "/Date()/", "/Date(0+x)/", "at 2024-01-01T00:00:00Z", "",
        "2024", "2024-04-06", "2024-04-06 15:30:00", "2024-04-06T15:30", "2024-13-06T15:30:00",
        "2023-02-29T15:30:00", "1900-02-29T15:30:00", "2024-04-06T24:30:00", "2024-04-06T15:60:00",
        "2024-04-06T15:30:00.", "2024-04-06T15:30:00.12345678", "2024-04-06T15:30:00 ", "2024-04-06T15:30:00+2",
        "2024-04-06T15:30:00Zulu", "0000-04-06T15:30:00", " 2024-04-06T15:30:00",
    ])
    func `any other text is not a date-time`(_ text: String) throws {
        #expect(try DotNetDateTime(newtonsoft: text) == nil)
    }

    @Test(arguments: [
        "9999-12-31T24:00:00Z", "/Date(253402300800000)/", "/Date(-62135596800001+0200)/", "/Date(99999999999999999)/",
    ])
    func `a date-time that .NET cannot hold is an error`(_ text: String) {
        #expect(throws: DateTimeOutOfRange(text: text)) { try DotNetDateTime(newtonsoft: text) }
    }

    @Test(arguments: [("dotnet/dates", HostZone.utc), ("dotnet/dates-berlin", .berlin)])
    func `the same texts are date-times, and the same fail, as in Newtonsoft`(
        _ file: String, _ zone: HostZone
    ) throws {
        try Golden.compare(file, key: { $0["in"]?.string ?? "" }) { row in
            let text = row["in"]?.string ?? ""
            var wanted: [String: String] = [:]
            for member in row.members ?? [] { wanted[member.name] = member.tree.string }
            // The warning at the handler's side must not miss one.
            guard wanted["type"] == "String" || DateTimeText.matches(text.utf8Span.span.bytes) else {
                return "no match"
            }
            // The words of an error are .NET's.
            var found = wanted.filter { ["error", "message"].contains($0.key) }
            found["in"] = text
            found["type"] = "Error"
            let quoted = NewtonsoftValue.string(text).json()
            func read(_ json: String) throws -> NewtonsoftValue {
                try NewtonsoftValue(json: json, as: .serializer, zone: zone)
            }
            if let value = try? read(quoted) {
                let inObject = try read("{\"d\":\(quoted)}")
                let inArray = try read("[\(quoted)]")
                found = ["in": text, "type": "String", "serialized": value.json(), "inObject": inObject.json()]
                // A named http output is written and read once more.
                found["httpObjectBody"] = try read(inObject.json()).json()
                if case .date(let date, _) = value {
                    found["type"] = "Date"
                    found["kind"] =
                        switch date.kind {
                        case .unspecified: "Unspecified"
                        case .utc: "Utc"
                        case .local: "Local"
                        }
                    found["ticks"] = String(date.ticks)
                    found["text"] = value.text
                    found["inArray"] = inArray.json()
                    found["element"] = inArray.elements?.first?.text
                    let again = try read(value.json()).text
                    for name in ["httpBody", "httpHeader", "metadata"] { found[name] = again }
                    let answer = try NewtonsoftObject("{\"Logs\":[\(quoted)]}", .answer, zone: zone)
                    found["log"] = answer?["Logs"]?.elements?.first?.string
                }
            }
            let differences = Set(wanted.keys).union(found.keys).filter { wanted[$0] != found[$0] }
            return differences.isEmpty ? nil : differences.map { "\($0): \(found[$0] ?? "nil")" }.joined()
        }
    }

    @Test(arguments: [
        "2000-02-29T00:00:00", "2000-03-01T00:00:00", "1970-01-01T00:00:00", "1969-12-31T23:59:59",
        "2100-02-28T12:00:00", "2026-12-31T23:59:59",
    ])
    func `a day is the same after conversion in both directions`(_ text: String) throws {
        #expect(try #require(try DotNetDateTime(newtonsoft: text)).isoText == text)
        #expect(DotNetDateTime(Self.moment(text + "Z"), .unspecified).isoText == text)
    }

    @Test func `a date keeps seven digits of its fraction`() {
        let now = Self.moment("2026-03-01T10:20:30Z", fraction: 0.1234567)
        #expect(DotNetDateTime(now, .utc).isoText == "2026-03-01T10:20:30.1234567Z")
        #expect(DotNetDateTime(now, .local(secondsEast: 0)).isoText(decimals: 0) == "2026-03-01T10:20:30+00:00")
        let before1970 = Date(timeIntervalSince1970: -0.25)
        #expect(DotNetDateTime(before1970, .utc).isoText == "1969-12-31T23:59:59.75Z")
    }

    @Test func `a date of whole milliseconds has an exact fraction`() {
        for milliseconds in 0..<1000 {
            let date = Date(timeIntervalSince1970: 1_772_360_430 + Double(milliseconds) / 1000)
            #expect(DotNetDateTime(date, .utc).fraction == milliseconds * 10_000)
        }
    }

    @Test(arguments: [-1e30, -62_135_596_801, -62_135_596_800, 253_402_300_799.5, 253_402_300_800, 3.1e12, 1e30])
    func `a date that .NET cannot express becomes the nearest one that it can`(_ seconds: Double) {
        let text = DotNetDateTime(Date(timeIntervalSince1970: seconds), .utc).isoText
        #expect(text.hasPrefix(seconds < 0 ? "0001-01-01T00:00:00" : "9999-12-31T23:59:59"), "\(text)")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00+00:00"), (-1, "1969-12-31T23:59:59+00:00"),
        (951_782_400, "2000-02-29T00:00:00+00:00"), (4_107_542_399, "2100-02-28T23:59:59+00:00"),
        (4_107_542_400, "2100-03-01T00:00:00+00:00"), (1_772_360_100.5, "2026-03-01T10:15:00.5+00:00"),
        (1_772_360_100.000001, "2026-03-01T10:15:00.000001+00:00"),
        (1_772_360_100.9999999, "2026-03-01T10:15:01+00:00"), (-0.25, "1969-12-31T23:59:59.75+00:00"),
    ])
    func `a date as .NET writes it`(seconds: Double, expected: String) {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(DotNetDateTime(date, .local(secondsEast: 0)).isoText == expected)
        #expect(abs(DotNetDateTime(date, .local(secondsEast: 3600)).date.timeIntervalSince(date)) < 1e-6)
    }
}
