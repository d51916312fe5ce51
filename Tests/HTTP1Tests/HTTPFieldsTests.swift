import HTTP1
import Testing

@Suite struct HTTPFieldsTests {
    @Test func `fields keep their order and are found in any case`() {
        var fields: HTTPFields = ["Set-Cookie": "a=1", "X": "", "set-cookie": "b=2"]
        #expect(fields.count == 3 && fields.map(\.name) == ["Set-Cookie", "X", "set-cookie"])
        #expect(fields.first("SET-COOKIE") == "a=1" && fields.last("Set-Cookie") == "b=2")
        #expect(fields.values("set-cookie") == ["a=1", "b=2"] && fields.first("x") == "" && fields.contains("x"))
        #expect(fields.first("set-cooki") == nil && fields.first("") == nil && !fields.contains("y"))
        fields.add("Y", "ä")
        #expect("\(fields)" == "Set-Cookie: a=1\nX: \nset-cookie: b=2\nY: ä")
    }

    @Test func `setting a field replaces all fields of its name`() {
        var fields = HTTPFields([("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")])
        fields.set("a", "new")
        #expect(fields == [("a", "new"), ("B", "2"), ("C", "4")])
        fields.set("D", bytes: [0xff])
        fields.remove("b")
        fields.remove("none")
        #expect(fields.map(\.name) == ["a", "C", "D"] && fields.first("d") == "\u{fffd}")
    }

    @Test func `bytes that are not UTF-8 stay unchanged`() {
        let bytes = Array("N: ".utf8) + [0xff, 0xfe]
        var fields = HTTPFields()
        fields.add(bytes.span.bytes.extracting(0..<1), bytes.span.bytes.extracting(3..<5))
        fields.add("M", bytes: [0x80])
        var seen: [[UInt8]] = []
        fields.forEachBytes { name, value in seen.append(Array(copying: name) + Array(copying: value)) }
        #expect(seen == [[UInt8(ascii: "N"), 0xff, 0xfe], [UInt8(ascii: "M"), 0x80]])
    }

    @Test func `the fields of a message are copied out of its bytes`() {
        let (head, bytes, _) = RequestHead.read([Array("GET / HTTP/1.1\r\nHost: x\r\nA:  b \r\n\r\n".utf8)])
        #expect(HTTPFields(head.fields, of: bytes.span.bytes) == ["host": "x", "a": "b"])
    }

    @Test func `fields are equal if names in any case and values are`() {
        let fields: HTTPFields = ["A": "b", "C": "d"]
        #expect(fields == ["a": "b", "c": "d"] && fields != ["a": "B", "c": "d"] && fields != ["c": "d", "a": "b"])
        #expect(fields != ["a": "b"] && fields != ["ab": "", "c": "d"])
    }

    @Test(
        arguments: [
            ("X-One", true), ("!#$%&'*+-.^_`|~9", true), ("", false), ("a b", false), ("a:", false), ("a\r", false),
            ("ä", false), ("a(", false), ("a\u{0}", false),
        ] as [(String, Bool)])
    func `a name is a token`(_ name: String, _ isValid: Bool) { #expect(HTTPFields.isValidName(name) == isValid) }

    @Test(
        arguments: [
            ("", true), ("a \t b", true), ("ä", true), ("a\r", false), ("a\n", false), ("a\u{0}", false),
            ("\u{1b}", false),
            ("\u{7f}", false),
        ] as [(String, Bool)])
    func `a value has no control characters`(_ value: String, _ isValid: Bool) {
        #expect(HTTPFields.isValidValue(value) == isValid && HTTPFields.isValidValue(Array(value.utf8)) == isValid)
    }

    @Test(
        arguments: [
            ("/", true), ("/ä?b", true), ("*", true), ("", false), ("/a b", false), ("/a\r\n", false), ("/a#b", false),
            ("/\u{7f}", false), ("/\t", false),
        ] as [(String, Bool)])
    func `a target has neither spaces nor control characters`(_ target: String, _ isValid: Bool) {
        #expect(HTTPFields.isValidTarget(target) == isValid)
    }
}

extension HTTPFields {
    static func == (fields: HTTPFields, pairs: [(String, String)]) -> Bool { fields == HTTPFields(pairs) }
}
