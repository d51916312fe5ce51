import JSON
import Testing

@testable import Lua

@Suite struct JSONReaderTests {
    /// A JSON text, and a Lua expression over its value `v` that must be true.
    private static let readings: [(text: String, expression: String)] = [
        ("1", "v == 1 and math.type(v) == 'integer'"),
        ("-0", "math.type(v) == 'float' and 1 / v == -math.huge"),
        ("0", "v == 0"),
        ("1.0", "v == 1 and math.type(v) == 'float'"),
        ("1e2", "v == 100 and math.type(v) == 'float'"),
        ("9223372036854775807", "v == math.maxinteger"),
        ("-9223372036854775808", "v == math.mininteger"),
        ("9223372036854775808", "math.type(v) == 'float' and v == 2.0 ^ 63"),
        ("18446744073709551616", "v == 2.0 ^ 64"),
        ("0.1", "v == 0.1"),
        ("123456789012345678901234567890", "v == 123456789012345678901234567890.0"),
        ("2.2250738585072011e-308", "v == 2.2250738585072011e-308"),
        ("5e-324", "v == 5e-324 and v > 0"),
        ("1e-400", "v == 0"),
        ("65.613616999999977", "v == 65.613616999999977"),
        ("1e23", "v == 1e23"),
        ("true", "v == true"),
        (" \t\r\n false ", "v == false"),
        ("null", "v == null"),
        ("\"\"", "v == ''"),
        (#""a\"\\\/\b\f\n\r\tz""#, #"v == "a\"\\/\b\f\n\r\tz""#),
        (#""\u0041\u00e9\u20ac\ud83d\ude00""#, #"v == "A\u{e9}\u{20ac}\u{1f600}""#),
        (#""\u0000x""#, #"v == "\0x" and #v == 2"#),
        ("\"é€😀 longer than eight bytes\"", #"v == "é€😀 longer than eight bytes""#),
        ("[]", "#v == 0 and next(v) == nil"),
        ("[1,[2,[3]]]", "v[2][2][1] == 3"),
        ("[null,1]", "v[1] == null and v[2] == 1 and #v == 2"),
        ("{}", "next(v) == nil"),
        (#"{"a":{"b":[{}]},"":1}"#, "v.a.b[1] and v[''] == 1"),
        (#"{"a":1,"a":2}"#, "v.a == 2"),
        (#"{"a":null}"#, "v.a == null"),
        (
            "[" + (1...100).map(String.init).joined(separator: ",") + "]",
            "#v == 100 and v[1] == 1 and v[33] == 33 and v[100] == 100"
        ),
        (
            "{" + (1...60).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}",
            "v.k1 == 1 and v.k16 == 16 and v.k17 == 17 and v.k60 == 60"
        ),
    ]

    @Test(arguments: readings)
    func `a JSON text becomes the Lua value that it describes`(_ text: String, _ expression: String) throws {
        let lua = try TestVM()
        try lua.read(text)
        let truth = try lua.evaluate("local v, null = ... return \(expression)")
        #expect(truth)
    }

    @Test(arguments: [
        ("", "line 1, column 1: the text ends in the middle of a value"),
        ("{", "line 1, column 2: the text ends in the middle of a value"),
        ("[1,", "line 1, column 4: the text ends in the middle of a value"),
        ("[1,]", "line 1, column 4: ']' where a value should be"),
        ("{\"a\":1,}", "line 1, column 8: '}' where a key in double quotes should be"),
        ("{\n  a: 1 }", "line 2, column 3: 'a' where a key in double quotes should be"),
        ("{\"a\" 1}", "line 1, column 6: '1' where ':' should be"),
        ("[1 2]", "line 1, column 4: '2' where ',' or ']' should be"),
        ("{\"a\":1 \"b\"}", "line 1, column 8: '\"' where ',' or '}' should be"),
        ("1 2", "line 1, column 3: more text after the value"),
        ("nul", "line 1, column 1: 'n' where a value should be"),
        ("'a'", "line 1, column 1: ''' where a value should be"),
        ("// c\n1", "line 1, column 1: '/' where a value should be"),
        ("01", "line 1, column 1: a number that JSON does not allow"),
        ("1.", "line 1, column 1: a number that JSON does not allow"),
        ("-", "line 1, column 1: a number that JSON does not allow"),
        ("1e", "line 1, column 1: a number that JSON does not allow"),
        (".5", "line 1, column 1: '.' where a value should be"),
        ("NaN", "line 1, column 1: 'N' where a value should be"),
        ("1e999", "line 1, column 1: a number too large for a double"),
        ("\"a", "line 1, column 3: the text ends in the middle of a value"),
        ("\"a\nb\"", "line 1, column 3: a control character inside a string; write it as an escape such as \\n"),
        (#""\x""#, "line 1, column 3: an escape that JSON does not know"),
        (#""\u12G4""#, "line 1, column 6: an escape that JSON does not know"),
        (#""\ud800""#, "line 1, column 4: half of a surrogate pair"),
        (#""\ude00x""#, "line 1, column 4: half of a surrogate pair"),
        ("\u{FEFF}\u{FEFF}1", "line 1, column 1: byte 239 where a value should be"),
    ])
    func `an error says where and why a text is not JSON`(_ text: String, _ sentence: String) throws {
        let lua = try TestVM()
        #expect(lua.readError(Array(text.utf8)) == sentence)
        #expect(lua.vm.stack.count == 0)
    }

    @Test(
        arguments: [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xff]]
            as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(_ bytes: [UInt8]) throws {
        let lua = try TestVM()
        let error = lua.readError([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
        #expect(error == "line 1, column 2: bytes that are not UTF-8")
        let long = Array("\"0123456789abcdef".utf8) + bytes + Array("\"".utf8)
        #expect(lua.readError(long) == "line 1, column 18: bytes that are not UTF-8")
    }

    @Test func `nesting is limited to 128 levels`() throws {
        let lua = try TestVM()
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(lua.readError(nested(128)) == nil)
        #expect(lua.readError(nested(129)) == "line 1, column 129: nested deeper than 128 levels")
        #expect(lua.readError(nested(100_000)) == "line 1, column 129: nested deeper than 128 levels")
    }
}

@Suite struct JSONWriterTests {
    /// A Lua expression and the JSON text of its value.
    @Test(arguments: [
        ("1", "1"), ("-1", "-1"), ("0", "0"), ("10", "10"), ("math.maxinteger", "9223372036854775807"),
        ("math.mininteger", "-9223372036854775808"), ("1.0", "1.0"), ("0.1", "0.1"), ("1e300", "1e+300"),
        ("-0.0", "-0.0"), ("2^53", "9007199254740992.0"), ("true", "true"), ("nil", "null"), ("null", "null"),
        ("''", "\"\""), (#""\0\1\b\t\n\f\r\"\\/\127é""#, #""\u0000\u0001\b\t\n\f\r\"\\/\u007fé""#),
        ("{}", "{}"), ("{1,2,3}", "[1,2,3]"), ("{[1]='a',[2]='b'}", #"["a","b"]"#), ("{a=1}", #"{"a":1}"#),
        ("{null}", "[null]"), ("{{},{{}}}", "[{},[{}]]"), ("{[3]=3,[2]=2,[1]=1}", "[1,2,3]"),
    ])
    func `a value is written as JSON`(_ expression: String, _ text: String) throws {
        let lua = try TestVM()
        #expect(try lua.write(expression) == text)
        #expect(lua.vm.stack.count == 0)
    }

    @Test(arguments: [
        ("print", "a function value has no JSON form"),
        ("coroutine.create(print)", "a thread value has no JSON form"),
        ("{a={b={1,print}}}", ".a.b[2]: a function value has no JSON form"),
        ("0/0", "NaN has no JSON form"), ("{1/0}", "[1]: infinity has no JSON form"),
        ("'a\\255'", "a string that is not UTF-8 (byte 2); encode binary data with the base64 module"),
        ("{1,x=2}", "a table with both list elements and named fields; keep them in two tables"),
        ("{1,nil,3}", "a list with a hole at index 2; use json.null for an empty element"),
        ("{[0]=1}", "a table with both list elements and named fields; keep them in two tables"),
        ("{[5]=1}", "a list with a hole at index 1; use json.null for an empty element"),
        ("{[1.5]=1}", "a number key; a JSON object's keys are strings"),
        ("{[true]=1}", "a boolean key; a JSON object's keys are strings"),
        ("(function() local t = {} t.t = t return t end)()", "a table that contains itself"),
    ])
    func `an error names the value that has no JSON form`(_ expression: String, _ sentence: String) throws {
        let lua = try TestVM()
        let error = #expect(throws: JSONError.self) { try lua.write(expression) }
        #expect(error.map { $0.description.hasSuffix(sentence) } == true)
    }

    @Test func `a value that cannot be written leaves nothing behind`() throws {
        let lua = try TestVM()
        let writer = lua.vm.writer
        writer.append(raw: "before")
        try lua.push("{1,{2,print}}")
        #expect(throws: JSONError.self) { try writer.append(at: -1, of: lua.vm.stack) }
        #expect(writer.text == "before")
        #expect(lua.vm.stack.count == 1)
    }

    @Test(arguments: [
        "[]", "{}", #"{"a":[]}"#, #"{"b":{}}"#, "[[],{},[{}]]", "9007199254740993", #"{"é":"😀"}"#, "0.1", "1e-07",
    ])
    func `a value that was read is written as the same text`(_ text: String) throws {
        let lua = try TestVM()
        try lua.read(text)
        let writer = lua.vm.writer
        try writer.append(at: -2, of: lua.vm.stack)
        #expect(writer.text == text)
    }

    @Test func `an array that lost its elements is still an array`() throws {
        let lua = try TestVM()
        try lua.read("[1]")
        #expect(try lua.evaluate("local v = ... v[1] = nil return true"))
        let writer = lua.vm.writer
        try lua.read("[1]")
        lua.vm.stack.pop()
        lua.vm.stack.pushNil()
        lua.vm.stack.setElement(1, of: -2)
        try writer.append(at: -1, of: lua.vm.stack)
        #expect(writer.text == "[]")
    }
}
