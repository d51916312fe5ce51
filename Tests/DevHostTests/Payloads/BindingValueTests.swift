import Foundation
import FunctionsModel
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
        (.json(.array([.string("a"), .string("b")])), #""[\"a\",\"b\"]""#),
        (.json(.null), #""null""#),
    ])
    func `a value is written according to its type`(_ value: BindingValue, _ expected: String) {
        #expect(value.member.json() == expected)
    }

    @Test(arguments: [
        (BindingValue.bytes([0xff]), #""/w==""#),
        (.dateTime(moment), #""2026-03-01T10:20:30.1234567""#),
        (.dateTimeOffset(moment), #""2026-03-01T10:20:30.1234567+00:00""#),
        (.text("abc"), #""abc""#),
        (.json(.null), "null"),
    ])
    func `inside a list nothing is encoded twice`(_ value: BindingValue, _ expected: String) {
        #expect(value.element.json() == expected)
    }
}
