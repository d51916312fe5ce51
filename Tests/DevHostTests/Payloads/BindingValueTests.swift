import Foundation
import JSON
import Testing

@testable import DevHost

/// The tables of host-contract §6.2, row by row.
struct BindingValueTests {
    private static let moment = Fixed.now

    @Test(arguments: [
        (BindingValue.bytes([0, 1, 2]), #""AAEC""#),
        (.bytes([]), #""""#),
        (.dateTime(moment), #""2026-03-01T10:20:30""#),
        (.dateTimeOffset(moment), #""2026-03-01T10:20:30+00:00""#),
        (.json(.record([("A", .integer(1))])), #"{"A":1}"#),
        (.json(.record([])), #"{}"#),
        (.text("abc"), #""\"abc\"""#),
        (.text(#"{"a":1}"#), #""\"{\\\"a\\\":1}\"""#),
        (.text("line\nbreak"), #""\"line\\nbreak\"""#),
        (.text("grün"), #""\"grün\"""#),
        (.json(.integer(5)), #""5""#),
        (.json(.double(0.5)), #""0.5""#),
        (.json(.boolean(true)), #""true""#),
        (.json(.list([.string("a"), .string("b")])), #""[\"a\",\"b\"]""#),
        (.json(.null), #""null""#),
    ])
    func `a value is written as its kind is`(_ value: BindingValue, _ expected: String) {
        #expect(NewtonsoftJSON.text(value.member) == expected)
    }

    @Test(arguments: [
        (BindingValue.bytes([0xff]), #""/w==""#),
        (.dateTime(moment), #""2026-03-01T10:20:30.1234567""#),
        (.dateTimeOffset(moment), #""2026-03-01T10:20:30.1234567+00:00""#),
        (.text("abc"), #""abc""#),
        (.json(.null), "null"),
    ])
    func `inside a list nothing is encoded twice`(_ value: BindingValue, _ expected: String) {
        #expect(NewtonsoftJSON.text(value.element) == expected)
    }

    @Test(arguments: [-1e30, -62_135_596_801, -62_135_596_800, 253_402_300_799.5, 253_402_300_800, 3.1e12, 1e30])
    func `a date beyond those of NET becomes the nearest that is none`(_ seconds: Double) {
        let text = DotNetDateTime(Date(timeIntervalSince1970: seconds), zone: .utc).isoText
        #expect(text.hasPrefix(seconds < 0 ? "0001-01-01T00:00:00" : "9999-12-31T23:59:59"), "\(text)")
    }
}
