import Testing

@testable import DevHost

/// Tests which part of an answer becomes the response (host-contract §9.6 to §9.8).
@Suite struct ReturnValueTests {
    /// An answer, the response that the caller of a function with the output `res` gets, and the warnings.
    @Test(arguments: [
        (#"{"Outputs":{"res":{"statusCode":404,"body":"no"}}}"#, 404, "no", []),
        (
            #"{"Outputs":{"res":{"status":404,"body":"no"}}}"#, 200, "no",
            ["output 'res': \"status\" is ignored here, the caller gets 200; write \"statusCode\""]
        ),
        (
            #"{"Outputs":{"Res":{"body":"x"}}}"#, 200, "{}",
            ["there is no output 'Res'; it is dropped (did you mean 'res'?)", missing]
        ),
        (#"{"Outputs":{}}"#, 200, "{}", [missing]),
        ("{}", 204, "", []),
        (#"{"Outputs":null}"#, 204, "", []),
        (#"{"Outputs":""}"#, 204, "", []),
        (#"{"Outputs":{"res":{}}}"#, 200, "", []),
        (#"{"ReturnValue":"hi"}"#, 200, "hi", []),
        (#"{"ReturnValue":"test"}"#, 200, "test", []),
        (#"{"ReturnValue":""}"#, 200, "", []),
        (#"{"ReturnValue":null}"#, 204, "", []),
        (#"{"ReturnValue":{"res":{"status":404,"body":"no"}}}"#, 404, "no", []),
        (#"{"ReturnValue":{"res":"test"}}"#, 200, "test", []),
        (#"{"ReturnValue":{"a":[1]}}"#, 200, #"{"a":[1]}"#, []),
        (#"{"ReturnValue":[1,2.0]}"#, 200, "[1,2.0]", []),
        (
            #"{"Outputs":{"res":{"body":"a"}},"ReturnValue":"b"}"#, 200, "a",
            [
                "ReturnValue is ignored: function.json has no output '$return'; put the value into \"Outputs\", "
                    + "under 'res'"
            ]
        ),
        (
            #"{"Outputs":{"res":{"body":"a"}},"ReturnValue":{"res":{"body":"b"}}}"#, 200, "b",
            ["'res' in \"Outputs\" is dropped, because ReturnValue takes its place; put the value into ReturnValue"]
        ),
        (#"{"Outputs":{},"ReturnValue":{"res":{"body":"b"}}}"#, 200, "b", []),
    ])
    func `a caller gets the response`(_ answer: String, _ status: Int, _ body: String, _ warnings: [String]) {
        let delivery = decode(answer, .response, isHTTP: true)
        #expect(delivery.failure == nil && delivery.http?.status == status && delivery.http?.text == body)
        #expect(delivery.warnings == warnings)
    }

    private static let missing =
        "output 'res' is missing in \"Outputs\", so the caller gets 200 with the body {}; return it, even if only with "
        + "{\"statusCode\": 204}"

    @Test(arguments: [
        ("\"hi\"", "text/plain; charset=utf-8"), ("[1]", "application/json; charset=utf-8"),
        ("5", "application/json; charset=utf-8"), ("null", nil),
    ])
    func `a response that no output took has the type of its value`(_ value: String, _ type: String?) {
        #expect(decode("{\"ReturnValue\":\(value)}", isHTTP: true).http?.value(of: "content-type") == type)
    }

    private static let xml = #"<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">a&lt;b</string>"#

    @Test(
        arguments: [
            (nil, "\"a<b\"", "text/plain", "a<b", .chunks), ("*/*", "\"a<b\"", "text/plain", "a<b", .chunks),
            ("application/xml", "\"a<b\"", "application/xml", xml, .contentLength(xml.count)),
            ("image/png, text/xml;q=0.5, text/plain;q=0.1", "\"a<b\"", "text/xml", xml, .contentLength(xml.count)),
            ("application/json", "\"a<b\"", "application/json", "\"a<b\"", .contentLength(5)),
            ("text/html,application/xml;q=0.9,*/*;q=0.8", "\"a<b\"", "text/plain", "a<b", .chunks),
            ("text/html", "\"a<b\"", "text/plain", "a<b", .chunks),
            ("application/xml", "[1]", "application/json", "[1]", .contentLength(3)),
            ("text/*", "[1]", "text/json", "[1]", .contentLength(3)),
        ] as [(String?, String, String, String, HTTPResult.Framing)])
    func `a response that no output took has the format that the caller accepts`(
        _ accept: String?, _ value: String, _ type: String, _ body: String, _ framing: HTTPResult.Framing
    ) {
        let answer = Answer(
            status: 200, contentType: "application/json", body: Array("{\"ReturnValue\":\(value)}".utf8))
        let http = AnswerDecoder(outputs: [], isHTTP: true).decode(answer, accept: accept).http
        #expect(http?.text == body && http?.framing == framing)
        #expect(http?.value(of: "content-type") == type + "; charset=utf-8")
    }

    @Test func `other triggers have no response`() {
        #expect(decode(#"{"ReturnValue":null}"#, .queue).http == nil)
    }

    @Test func `an http output of another trigger cannot be written`() {
        let delivery = decode(#"{"Outputs":{"o":"hello","res":{"body":"x"}}}"#, .response, .queue)
        #expect(
            delivery.failure
                == "output 'res': there is no caller to respond to, because the trigger is not HTTP; remove the "
                + "output from function.json")
        #expect(delivery.texts == ["hello"])
    }

    @Test func `members of ReturnValue take the places of outputs, with no base64 guess`() {
        let delivery = decode(#"{"Outputs":{"o":"no"},"ReturnValue":{"o":"test","p":1}}"#, .queue)
        #expect(delivery.texts == ["test"])
        #expect(
            delivery.warnings == [
                "'o' in \"Outputs\" is dropped, because ReturnValue takes its place; put the value into ReturnValue",
                "there is no output 'p'; it is dropped; function.json has 'o'",
            ])
        #expect(decode(#"{"Outputs":{"o":"no"},"ReturnValue":{"o":null}}"#, .queue).outputs.isEmpty)
    }

    @Test func `another ReturnValue is ignored if no output takes it`() {
        let delivery = decode(#"{"ReturnValue":"hi"}"#, .queue)
        #expect(delivery.outputs.isEmpty)
        #expect(
            delivery.warnings
                == [
                    "ReturnValue is ignored: function.json has no output '$return'; put the value into \"Outputs\", "
                        + "under 'o'"
                ])
        #expect(
            decode(#"{"ReturnValue":5}"#).warnings == ["ReturnValue is ignored: function.json has no output '$return'"])
    }

    @Test func `the output $return takes ReturnValue alone`() {
        let output = OutputBinding(name: "$return", type: "queue")
        let delivery = decode(#"{"Outputs":{"$return":"no"},"ReturnValue":"aGVsbG8="}"#, output)
        #expect(
            delivery.outputs.map(\.name) == ["$return"] && delivery.outputs.first?.messages == [Array("hello".utf8)])
        #expect(
            delivery.warnings == [
                "'$return' in \"Outputs\" is dropped, because ReturnValue takes its place; put the value into "
                    + "ReturnValue"
            ])
        #expect(decode(#"{"Outputs":{"$return":"no"}}"#, output).outputs.isEmpty)
    }

    @Test func `a queue as $return leaves the caller the same value`() {
        let queue = OutputBinding(name: "$return", type: "queue")
        #expect(decode(#"{"ReturnValue":"hello"}"#, queue, isHTTP: true).http?.text == "hello")
        #expect(decode(#"{"ReturnValue":"aGVsbG8="}"#, queue, isHTTP: true).http?.text == "\"aGVsbG8=\"")
        #expect(decode("{}", queue, isHTTP: true).http?.status == 204)
    }
}
