import Testing

@testable import DevHost

/// Tests which answers are accepted, and their members (host-contract §9.1, §9.2).
@Suite struct AnswerTests {
    private func decode(_ status: Int, _ type: String?, _ body: String) -> Delivery {
        AnswerDecoder(outputs: [.response], isHTTP: true)
            .decode(Answer(status: status, contentType: type, body: Array(body.utf8)))
    }

    @Test(
        arguments: [200, 202, 299],
        [
            "application/json", "Application/JSON", "text/json", "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"", "application/json; odata=verbose",
        ])
    func `a JSON object is accepted`(_ status: Int, _ type: String) {
        let delivery = decode(status, type, #"{"Outputs":{"res":{"body":"hi"}},"Logs":["a"]}"#)
        #expect(delivery.failure == nil && delivery.warnings.isEmpty && delivery.logs == ["a"])
        #expect(delivery.http?.text == "hi")
    }

    @Test(arguments: [true, false])
    func `a JSON object in UTF-16 is accepted if the content type says so`(_ hasMark: Bool) {
        let units = Array(((hasMark ? "\u{feff}" : "") + #"{"Logs":["né"]}"#).utf16)
        let body = units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let delivery = AnswerDecoder(outputs: [], isHTTP: false)
            .decode(Answer(status: 200, contentType: "application/json; charset=utf-16", body: body))
        #expect(delivery.failure == nil && delivery.logs == ["né"])
    }

    @Test(arguments: [
        (nil, "Invalid HttpResponseMessage: the answer has no content type; answer with application/json"),
        ("", "Invalid HttpResponseMessage: the answer has no content type; answer with application/json"),
        ("text/plain", "Invalid HttpResponseMessage: the content type is 'text/plain'; answer with application/json"),
        (
            "application/problem+json; charset=utf-8",
            "Invalid HttpResponseMessage: the content type is 'application/problem+json'; answer with application/json"
        ),
    ])
    func `another content type fails the invocation`(_ type: String?, _ failure: String) {
        let delivery = decode(200, type, #"{"Logs":["lost"]}"#)
        #expect(delivery.failure == failure && delivery.detail == #"{"Logs":["lost"]}"#)
        #expect(delivery.http == nil && delivery.logs.isEmpty)
    }

    @Test(arguments: [
        ("{", "the answer is not JSON: line 1, column 2: the text ends in the middle of a value"),
        ("nothing", "the answer is not JSON: line 1, column 1: 'n' where a value should be"),
        ("[]", "the answer is an array; it must be a JSON object"),
        ("5", "the answer is a number; it must be a JSON object"),
        ("true", "the answer is a boolean; it must be a JSON object"),
        ("\"text\"", "the answer is a string; it must be a JSON object"),
        ("[] {}", "the answer is an array; it must be a JSON object"),
        ("\u{1f}\u{8b}", "the answer is not JSON: line 1, column 1: byte 31 where a value should be"),
        (#"{"Outputs":[]}"#, "\"Outputs\" is an array; it must be an object"),
        (#"{"Outputs":5}"#, "\"Outputs\" is a number; it must be an object"),
        (#"{"Outputs":"text"}"#, "\"Outputs\" is a string; it must be an object"),
        (#"{"Logs":{}}"#, "\"Logs\" is an object; it must be an array of strings"),
        (#"{"Logs":"text"}"#, "\"Logs\" is a string; it must be an array of strings"),
        (#"{"Logs":["a",{}]}"#, "a line of \"Logs\" is an object; it must be a text"),
        (
            #"{"Outputs":{"res":{"body":"9999-12-31T24:00:00Z"}}}"#,
            "the text '9999-12-31T24:00:00Z' is parsed as a date, and .NET has only the years 1 to 9999; add a character to it"
        ),
        (
            #"{"other":["9999-12-31T24:00:00Z"]}"#,
            "the text '9999-12-31T24:00:00Z' is parsed as a date, and .NET has only the years 1 to 9999; add a character to it"
        ),
        (#"{"Logs":["a",[]]}"#, "a line of \"Logs\" is an array; it must be a text"),
    ])
    func `an answer that cannot be read fails the invocation`(_ body: String, _ reason: String) {
        let delivery = decode(200, "application/json", body)
        #expect(delivery.failure == "Invalid HttpResponseMessage: \(reason)")
        #expect(delivery.detail == body && delivery.logs.isEmpty && !delivery.hangs)
    }

    @Test(arguments: [[0xff], [0x7b, 0x22, 0xc3, 0x22, 0x7d]] as [[UInt8]])
    func `an answer that is not text fails the invocation`(_ body: [UInt8]) {
        let delivery = AnswerDecoder(outputs: [], isHTTP: false)
            .decode(Answer(status: 200, contentType: "application/json", body: body))
        #expect(
            delivery.failure
                == "Invalid HttpResponseMessage: the answer is bytes that are not text; it must be JSON in UTF-8")
    }

    @Test(
        arguments: [
            (200, nil, "", "empty"), (204, nil, "", "empty"), (200, "application/json", " \t\r\n", "empty"),
            (200, "application/json", "null", "null"), (200, "application/json", " null x", "null"),
            (200, "application/json", "\"\"", "\"\""),
        ] as [(Int, String?, String, String)])
    func `an empty answer makes the invocation hang`(_ status: Int, _ type: String?, _ body: String, _ what: String) {
        let delivery = decode(status, type, body)
        #expect(delivery.hangs && delivery.failure == nil && delivery.http == nil)
        #expect(
            delivery.warnings == [
                "the answer is \(what): nothing is reported back, so the invocation hangs until functionTimeout and "
                    + "the handler is killed; answer at least {}"
            ])
    }

    @Test(arguments: [301, 400, 404, 500])
    func `another status fails the invocation, and the answer is discarded`(_ status: Int) {
        let body = #"{"Outputs":{"res":{"body":"hi"}},"Logs":["lost"]}"#
        let delivery = decode(status, "application/json", body)
        #expect(
            delivery.failure
                == "Response status code does not indicate success: \(status). Answer 200 with application/json; a "
                + "status for the caller goes into \"statusCode\" of the http output")
        #expect(delivery.detail == body && delivery.http == nil && delivery.logs.isEmpty)
    }

    @Test(arguments: [
        ("{} more", "more"), ("{}{}", "{}"), ("{\n}\n\n x\ny", "x\ny"), ("\u{feff}{} é", "é"),
    ])
    func `text after the object is ignored`(_ body: String, _ rest: String) {
        let delivery = decode(200, "application/json", body)
        #expect(delivery.failure == nil && delivery.http?.status == 204)
        #expect(
            delivery.warnings
                == ["the text after the answer's object is ignored: '\(rest)'; answer one object and nothing else"])
    }

    // MARK: Members

    @Test func `members are found in upper or lower case, and the last one counts`() {
        let delivery = decode(
            200, "application/json", #"{"outputs":{"res":{"body":"no"}},"LOGS":["a"],"OUTPUTS":{"res":{"body":"yes"}}}"#
        )
        #expect(delivery.logs == ["a"] && delivery.http?.text == "yes")
    }

    @Test func `unknown members are ignored`() {
        let delivery = decode(200, "application/json", #"{"key1":"v"}"#)
        #expect(delivery.failure == nil && delivery.http?.status == 204)
        #expect(
            delivery.warnings
                == ["'key1' at the top of the answer is ignored; there are \"Outputs\", \"Logs\" and \"ReturnValue\""])
    }

    @Test(arguments: [
        (["res"], "Res", "; it is dropped (did you mean 'res'?)"),
        (["res", "o"], "mesage", "; it is dropped; function.json has 'res' and 'o'"),
        ([], "o", "; it is dropped; function.json has no outputs"),
    ])
    func `unknown outputs are dropped`(_ known: [String], _ name: String, _ end: String) {
        let outputs = known.map { OutputBinding(name: $0, type: "queue") }
        let delivery = AnswerDecoder(outputs: outputs, isHTTP: false)
            .decode(
                Answer(status: 200, contentType: "text/json", body: Array("{\"Outputs\":{\"\(name)\":\"x\"}}".utf8)))
        #expect(delivery.failure == nil && delivery.outputs.isEmpty)
        #expect(delivery.warnings == ["there is no output '\(name)'" + end])
    }

    @Test(arguments: [
        ("[]", []), ("null", []), ("\"\"", []), (#"["a","b"]"#, ["a", "b"]),
        (#"["a",1,1.5,true,null]"#, ["a", "1", "1.5", "true", "[null]"]),
        (#"["test","2024-01-01T00:00:00.000Z"]"#, ["test", "2024-01-01T00:00:00.000Z"]),
    ])
    func `logs are texts, or values that have a text`(_ logs: String, _ lines: [String]) {
        let delivery = decode(200, "application/json", "{\"Logs\":\(logs)}")
        #expect(delivery.logs == lines && delivery.warnings.isEmpty)
    }

    @Test func `logs survive an output that fails`() {
        let delivery = decode(200, "application/json", #"{"Outputs":{"res":"plain"},"Logs":["a"]}"#)
        #expect(delivery.failure != nil && delivery.logs == ["a"] && delivery.http == nil)
    }

    @Test func `of two equal keys the last one counts`() {
        let delivery = decode(
            200, "application/json", #"{"Outputs":{"res":{"body":"no"},"res":{"body":"yes"}}}"#)
        #expect(delivery.http?.text == "yes")
        #expect(delivery.warnings == ["'res' occurs twice in one object of the answer; only the last one counts"])
    }

    @Test(arguments: [
        #"{"Logs":["a",],}"#, #"{/* a */"Logs":["a"]// b"# + "\n}", #"{'Logs':['a']}"#, #"{Logs:['a']}"#,
    ])
    func `small syntax errors are tolerated`(_ body: String) {
        #expect(decode(200, "application/json", body).logs == ["a"])
    }

    @Test(arguments: [
        (#"{"$type":"T","Logs":["a"]}"#, "$type", "it is dropped"),
        (#"{"Outputs":{"$id":"1"},"Logs":["a"]}"#, "$id", "it is dropped"),
        (#"{"Outputs":{"res":{"$ref":"1"}},"Logs":["a"]}"#, "$ref", "the object becomes null"),
        (#"{"Logs":["a"],"ReturnValue":{"$values":[]}}"#, "$values", "its value replaces the object"),
    ])
    func `a name that the host's reader takes for itself is reported`(
        _ body: String, _ name: String, _ becomes: String
    ) {
        let delivery = AnswerDecoder(outputs: [.returned], isHTTP: false).decode(
            Answer(status: 200, contentType: "application/json", body: Array(body.utf8)))
        #expect(delivery.logs == ["a"])
        #expect(
            delivery.warnings.first
                == "'\(name)' at the beginning of an object is a word of the host's JSON reader: \(becomes); put "
                + "another member first")
    }

    @Test func `a reference with another member, or to the answer itself, fails the invocation`() {
        for body in [
            #"{"Outputs":{"res":{"$ref":"1","a":2}}}"#, #"{"$id":"1","Outputs":{"res":{"$ref":"1"}}}"#,
        ] {
            #expect(decode(200, "application/json", body).failure?.contains("$") == true, "\(body)")
        }
    }
}
