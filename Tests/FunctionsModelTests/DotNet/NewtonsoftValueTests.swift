import JSON
import Testing

@testable import FunctionsModel

@Suite struct NewtonsoftValueTests {
    private func read(_ json: String, as reader: NewtonsoftValue.Reader = .serializer) throws -> NewtonsoftValue {
        try NewtonsoftValue(json: json, as: reader)
    }

    /// A number in JSON, as text, and written into JSON again.
    @Test(arguments: [
        ("100", "100", "100"), ("-7", "-7", "-7"), ("9007199254740993", "9007199254740993", "9007199254740993"),
        ("1.0", "1", "1.0"), ("1.50", "1.5", "1.5"), ("-0.25", "-0.25", "-0.25"), ("0.0", "0", "0.0"),
        ("1e20", "1E+20", "1E+20"), ("1e14", "100000000000000", "100000000000000.0"),
        ("1e15", "1000000000000000", "1000000000000000.0"),
        ("1234567890123456.0", "1234567890123456", "1234567890123456.0"),
        ("123456789012345680.0", "1.2345678901234568E+17", "1.2345678901234568E+17"),
        ("0.0001", "0.0001", "0.0001"), ("0.00001", "1E-05", "1E-05"), ("2.5e-7", "2.5E-07", "2.5E-07"),
        ("1e100", "1E+100", "1E+100"), ("123.456", "123.456", "123.456"),
    ])
    func `a number is written as .NET writes it`(_ json: String, _ text: String, _ again: String) throws {
        let value = try read(json)
        #expect(value.text == text)
        #expect(value.json() == again)
    }

    @Test(arguments: [
        ("{}", "{}"), ("[]", "[]"), (#"{"a":{},"b":[]}"#, "{\n  \"a\": {},\n  \"b\": []\n}"),
        (#"{"a":1}"#, "{\n  \"a\": 1\n}"),
        (
            #"[1,[true,null],{"a":"b","c":1.0}]"#,
            "[\n  1,\n  [\n    true,\n    null\n  ],\n  {\n    \"a\": \"b\",\n    \"c\": 1.0\n  }\n]"
        ),
        (#"["2024-01-01T00:00:00.000Z"]"#, "[\n  \"2024-01-01T00:00:00Z\"\n]"),
        (#"["\"\\/\b\f\n\r\t\u0001\u2028é"]"#, "[\n  \"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u2028é\"\n]"),
    ])
    func `JSON is indented as Newtonsoft does it`(_ json: String, _ indented: String) throws {
        #expect(try read(json).text == indented)
    }

    /// From golden/dotnet/newtonsoft.
    @Test(arguments: [
        (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#, #"{"b":2,"a":3}"#),
        (#"{"a":{"x":1},"a":{"y":2}}"#, #"{"a":{"y":2}}"#, #"{"a":{"y":2}}"#),
        (#"[{"a":1,"a":2}]"#, #"[{"a":2}]"#, #"[{"a":2}]"#),
        (#"{"a":null,"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#, #"{"b":2,"a":3}"#),
    ])
    func `of two members of one name the last one counts, in the place of the first one where the text is parsed`(
        _ json: String, _ parsed: String, _ deserialized: String
    ) throws {
        #expect(try read(json, as: .parser).json() == parsed)
        #expect(try read(json, as: .serializer).json() == deserialized)
    }

    @Test func `without a zone no string becomes a date`() throws {
        let json = #"["2024-01-01T00:00:00.000Z","9999-12-31T24:00:00Z"]"#
        #expect(try NewtonsoftValue(json: json, as: .parser, zone: nil).json() == json)
    }

    @Test(arguments: [
        ("plain", #""plain""#),
        (#"a"b\c"#, #""a\"b\\c""#),
        ("\u{8}\t\n\u{c}\r", #""\b\t\n\f\r""#),
        ("\0\u{1}\u{b}\u{1f}", #""\u0000\u0001\u000b\u001f""#),
        ("\u{85}\u{2028}\u{2029}", #""\u0085\u2028\u2029""#),
        ("/<>&'\u{7f}\u{a0}", "\"/<>&'\u{7f}\u{a0}\""),
        ("grün €😀", "\"grün €😀\""),
        ("\r\n", #""\r\n""#),
    ])
    func `a string has only the escapes it must have`(_ text: String, _ expected: String) {
        #expect(NewtonsoftValue.string(text).json() == expected)
    }

    @Test(arguments: [
        ("5", "5"), ("-9223372036854775808", "-9223372036854775808"), ("5.0", "5.0"), ("1e2", "100.0"),
        ("1.5", "1.5"), ("1e20", "1E+20"), ("1e-7", "1E-07"),
        (#"{ "b" : [ ] , "a" : [ 1 , null, true, {} ] }"#, #"{"b":[],"a":[1,null,true,{}]}"#),
    ])
    func `a value is compact, its members in their order`(_ text: String, _ expected: String) throws {
        #expect(try read(text).json() == expected)
    }
}
