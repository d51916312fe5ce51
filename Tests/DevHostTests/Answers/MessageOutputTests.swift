import Foundation
import Testing

@testable import DevHost

/// Outputs other than HTTP (host-contract §9.3, §9.4).
@Suite struct MessageOutputTests {
    private func deliver(_ value: String, to output: OutputBinding) -> Delivery {
        decode("{\"Outputs\":{\"o\":\(value)}}", output)
    }

    static let byteTypes = ["queue", "eventHub", "EVENTHUB"]
    static let textTypes = ["serviceBus", "sendGrid", "signalR", "eventGrid"]
    static let documentTypes = ["cosmosDB", "table"]

    // MARK: Collections

    @Test(
        arguments: [
            #""hello""#, #""success""#, #""order-17""#, #""hi there""#, #""2024-01-01""#, #"["test"]"#, #""{ no""#,
        ], byteTypes + textTypes)
    func `a text that looks like nothing else is one message`(_ value: String, _ type: String) {
        let text = value.filter { $0 != "\"" && $0 != "[" && $0 != "]" }
        let delivery = deliver(value, to: .output(type))
        #expect(delivery.texts == [text] && delivery.failure == nil && delivery.warnings.isEmpty)
    }

    @Test(arguments: ["test", "data", "true", "null", "Done", "2024", "complete", "finished", "user0001", "two words"])
    func `a text that decodes as base64 arrives as bytes`(_ text: String) throws {
        let bytes = try #require(Data(base64Encoded: text.replacing(" ", with: "")))
        for type in Self.byteTypes + ["blob"] {
            let delivery = deliver("\"\(text)\"", to: .output(type))
            #expect(delivery.bytes == Array(bytes))
            #expect(
                delivery.warnings == [
                    "output 'o': the text '\(text)' decodes as base64, so \(bytes.count) bytes arrive instead; send "
                        + "base64 of the text" + (type == "blob" ? "" : ", or [\"text\"]")
                ])
        }
    }

    @Test(arguments: ["hello", "né ✓", "[1]", "{\"a\":1}", "2024-01-01T00:00:00Z", ""], byteTypes + ["blob"])
    func `base64 of a text arrives as that text`(_ text: String, _ type: String) {
        let delivery = deliver("\"\(Data(text.utf8).base64EncodedString())\"", to: .output(type))
        #expect(delivery.texts == [text] && delivery.warnings.isEmpty)
    }

    @Test(arguments: ["test", "", "aGVsbG8="], textTypes)
    func `base64 is broken where only texts can be sent`(_ text: String, _ type: String) {
        let delivery = deliver("\"\(text)\"", to: .output(type))
        #expect(delivery.texts == ["System.Byte[]"])
        #expect(
            delivery.warnings == [
                "output 'o': the text '\(text)' decodes as base64, so the text 'System.Byte[]' arrives instead; send "
                    + "[\"text\"]"
            ])
    }

    @Test(arguments: [
        ("queue", "test", false), ("queue", "hello", false), ("blob", "test", false), ("blob", "", false),
        ("serviceBus", "test", false), ("serviceBus", "aGVsbG8=", false), ("queue", "aGVsbG8=", true),
        ("blob", "AAH+/w==", true),
    ])
    func `"dataType": "binary" turns the guess off`(_ type: String, _ text: String, _ isOdd: Bool) {
        let delivery = deliver("\"\(text)\"", to: .output(type, dataType: "Binary"))
        #expect(delivery.texts == [text])
        let count = Data(base64Encoded: text)?.count ?? 0
        let warning =
            "output 'o': \"dataType\": \"binary\" turns base64 off, so the text itself arrives and not the \(count) "
            + "bytes it stands for; remove \"dataType\" to send bytes"
        #expect(delivery.warnings == (isOdd ? [warning] : []))
    }

    @Test(arguments: ["string", "stream"])
    func `another "dataType" does not turn the guess off`(_ dataType: String) {
        #expect(deliver("\"test\"", to: .output("queue", dataType: dataType)).bytes == [0xb5, 0xeb, 0x2d])
    }

    /// A value, the messages it becomes, and how a warning about it ends.
    @Test(
        arguments: [
            (
                #"["one","test",1,null,{"a":1},[2],"[3]"]"#,
                ["one", "test", "1", "", "{\n  \"a\": 1\n}", "[\n  2\n]", "[3]"], nil
            ),
            (#"{"a":1}"#, ["{\n  \"a\": 1\n}"], nil),
            ("{}", ["{}"], nil),
            ("100", ["100"], nil),
            ("1.0", ["1"], nil),
            ("true", ["True"], "true arrives as 'True'; send [\"true\"]"),
            (#"["a",false,true]"#, ["a", "False", "True"], "false arrives as 'False'; send [\"false\"]"),
            (#""[\"a\",1]""#, ["a", "1"], "the text is a JSON array, so each of its 2 elements is sent on its own; "),
            (#"" [1]\n""#, ["1"], "the text is a JSON array, so each of its 1 elements is sent on its own; "),
            (#""{\"a\":1}""#, ["{\n  \"a\": 1\n}"], "the text is JSON, so the host parses and reformats it; "),
            (#""{}""#, ["{}"], nil),
            (
                #"{"at":"2024-01-01T00:00:00.000Z"}"#, ["{\n  \"at\": \"2024-01-01T00:00:00Z\"\n}"],
                "the date '2024-01-01T00:00:00.000Z' in the value arrives as '2024-01-01T00:00:00Z'; write dates in "
                    + "UTC, without zeros at the end of the fraction"
            ),
            (#"{"at":"2024-01-01T00:00:00Z"}"#, ["{\n  \"at\": \"2024-01-01T00:00:00Z\"\n}"], nil),
            (
                #"["2024-01-01T00:00:00Z"]"#, ["01/01/2024 00:00:00"],
                "the text '2024-01-01T00:00:00Z' is parsed as a date, so '01/01/2024 00:00:00' arrives instead; add a "
                    + "character to it"
            ),
        ] as [(String, [String], String?)], byteTypes + textTypes)
    func `a value becomes messages`(_ row: (String, [String], String?), _ type: String) {
        let delivery = deliver(row.0, to: .output(type))
        #expect(delivery.failure == nil && delivery.texts == row.1)
        let takesBase64 = Self.byteTypes.contains(type)
        let advice = takesBase64 ? "send base64 of the text, or [\"text\"]" : "send [\"text\"]"
        let warning = row.2.map { "output 'o': " + $0 + ($0.hasSuffix("; ") ? advice : "") }
        #expect(delivery.warnings == [warning].compactMap(\.self))
    }

    @Test(arguments: [("queue", "send base64 of the text"), ("serviceBus", "add a character to it")])
    func `a text that is a date-time is rewritten`(_ type: String, _ advice: String) {
        let delivery = deliver(#""2024-01-01T00:00:00Z""#, to: .output(type))
        #expect(delivery.texts == ["01/01/2024 00:00:00"])
        #expect(
            delivery.warnings == [
                "output 'o': the text '2024-01-01T00:00:00Z' is parsed as a date, so '01/01/2024 00:00:00' arrives "
                    + "instead; \(advice)"
            ])
    }

    @Test(arguments: ["null", "[]"], byteTypes + textTypes + documentTypes)
    func `null and an empty array write nothing`(_ value: String, _ type: String) {
        let delivery = deliver(value, to: .output(type))
        #expect(delivery.outputs.isEmpty && delivery.failure == nil && delivery.warnings.isEmpty)
    }

    @Test(arguments: ["{no}", "[1" + ",}]", "[1] [2]"], ["queue", "serviceBus", "table"])
    func `a text with the brackets of JSON that is not JSON fails`(_ text: String, _ type: String) {
        let delivery = deliver("\"\(text)\"", to: .output(type))
        #expect(
            delivery.failure?.hasPrefix("output 'o': the text has the brackets of JSON but cannot be read: line 1")
                == true)
        #expect(delivery.outputs.isEmpty)
    }

    // MARK: Documents

    @Test(
        arguments: [
            (#"{"id":"1","n":1.0}"#, [#"{"id":"1","n":1.0}"#]),
            (#"[{"id":"1"},{"id":"2"}]"#, [#"{"id":"1"}"#, #"{"id":"2"}"#]),
            (#""[{\"id\":\"1\"},{\"id\":\"2\"}]""#, [#"{"id":"1"}"#, #"{"id":"2"}"#]),
            (#""{\"id\":\"1\"}""#, [#"{"id":"1"}"#]),
        ], documentTypes)
    func `an object is a row`(_ row: (String, [String]), _ type: String) {
        let delivery = deliver(row.0, to: .output(type))
        #expect(delivery.texts == row.1 && delivery.failure == nil && delivery.warnings.isEmpty)
    }

    @Test(
        arguments: [
            (#""hello""#, "a string"), (#""test""#, "a string"), ("100", "a number"), ("true", "a boolean"),
            (#""2024-01-01T00:00:00Z""#, "a date"), (#"[{},"a"]"#, "a string"), ("[null]", "null"),
            ("[[]]", "an array"),
        ], documentTypes)
    func `any other value is not a row`(_ row: (String, String), _ type: String) {
        let delivery = deliver(row.0, to: .output(type))
        #expect(delivery.failure == "output 'o': '\(type)' takes an object or an array of objects, not \(row.1)")
        #expect(delivery.outputs.isEmpty)
    }

    @Test func `dates in a row are rewritten`() {
        let delivery = deliver(
            #"[{"at":"2024-01-01T02:00:00+02:00"},{"at":"2024-01-01T00:00:00.10Z"}]"#, to: .output("table"))
        #expect(delivery.texts == [#"{"at":"2024-01-01T00:00:00+00:00"}"#, #"{"at":"2024-01-01T00:00:00.1Z"}"#])
        #expect(delivery.warnings.count == 1)
    }

    // MARK: Blobs

    @Test(arguments: [
        (#""hello""#, "hello"), (#""[1, 2]""#, "[1, 2]"), (#""{no}""#, "{no}"), (#""two  words!""#, "two  words!"),
        (#"{"a": 1, "b": [true, null]}"#, #"{"a":1,"b":[true,null]}"#), ("[1, 2.0]", "[1,2.0]"), ("[]", "[]"),
    ])
    func `a blob gets text, and JSON on one line`(_ value: String, _ content: String) {
        let delivery = deliver(value, to: .blob)
        #expect(delivery.texts == [content] && delivery.failure == nil && delivery.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("100", [100, 0, 0, 0], "100 is written as 4 raw bytes"),
            ("-2", [0xfe, 0xff, 0xff, 0xff], "-2 is written as 4 raw bytes"),
            ("4294967297", [1, 0, 0, 0], "4294967297 is written as 4 raw bytes"),
            ("true", [1], "true is written as 1 raw byte"),
            ("false", [0], "false is written as 1 raw byte"),
            ("0.5", [0, 0, 0, 0, 0, 0, 0xe0, 0x3f], "0.5 is written as 8 raw bytes"),
        ] as [(String, [UInt8], String)])
    func `a blob gets the memory of numbers and booleans`(_ value: String, _ content: [UInt8], _ warning: String) {
        let delivery = deliver(value, to: .blob)
        #expect(delivery.bytes == content)
        #expect(delivery.warnings == ["output 'o': \(warning); send base64 of its text"])
    }

    @Test func `a date leaves an empty blob`() {
        let delivery = deliver(#""2024-01-01T00:00:00Z""#, to: .blob)
        #expect(
            delivery.failure
                == "output 'o': the text '2024-01-01T00:00:00Z' is parsed as a date, which cannot be written to a "
                + "blob, and the blob is left empty; send base64 of the text")
        #expect(delivery.bytes == [])
    }

    @Test func `an integer of more than 64 bits leaves an empty blob`() {
        let delivery = deliver("18446744073709551616", to: .blob)
        #expect(
            delivery.failure
                == "output 'o': the integer 18446744073709551616 takes more than 64 bits and cannot be written to a blob, "
                + "which is left empty; send it as a string")
        #expect(delivery.bytes == [])
    }

    @Test func `dates inside a blob's JSON are rewritten`() {
        let delivery = deliver(#"["2024-01-01T00:00:00.000Z"]"#, to: .blob)
        #expect(delivery.texts == [#"["2024-01-01T00:00:00Z"]"#] && delivery.warnings.count == 1)
    }

    @Test func `null writes no blob`() {
        #expect(deliver("null", to: .blob).outputs.isEmpty)
    }

    // MARK: Several outputs

    @Test func `a failure of one output leaves the others written, in the order of function.json`() {
        let delivery = decode(
            #"{"Outputs":{"c":"three","b":"hello","a":"one!!"},"Logs":["x"]}"#,
            OutputBinding(name: "a", type: "queue"), OutputBinding(name: "b", type: "table"),
            OutputBinding(name: "c", type: "blob"))
        #expect(delivery.failure == "output 'b': 'table' takes an object or an array of objects, not a string")
        #expect(delivery.outputs.map(\.name) == ["a", "c"] && delivery.logs == ["x"] && delivery.detail == nil)
    }
}
