import Testing

@testable import DevHost

/// Tests responses to callers through the output `$return` (host-contract §9.6).
@Suite struct ReturnedResponseTests {
    private static func returned(_ value: String, dataType: String? = nil) -> Delivery {
        decode(
            "{\"ReturnValue\":\(value)}", OutputBinding(name: "$return", type: "http", dataType: dataType), isHTTP: true
        )
    }

    /// A value, the status, the body, the content type, and how the warnings begin after the name of the place.
    @Test(
        arguments: [
            ("\"hello\"", 200, "hello", "text/plain; charset=utf-8", []),
            (#""{no}""#, 200, "{no}", "text/plain; charset=utf-8", []),
            ("\"aGVsbG8=\"", 200, "hello", nil, []),
            ("\"\"", 200, "", nil, []),
            ("\"5\"", 200, "5", "text/plain; charset=utf-8", []),
            (
                "\"false\"", 200, "False", "text/plain; charset=utf-8",
                ["the text is JSON, so the host parses and reformats it"]
            ),
            (
                "\"[1,2]\"", 200, "[\n  1,\n  2\n]", "text/plain; charset=utf-8",
                ["the text is JSON, so the host parses and reformats it"]
            ),
            (#""{\"body\":\"no\",\"status\":404}""#, 404, "no", "text/plain; charset=utf-8", []),
            (#"{"body":"no","status":404}"#, 404, "no", "text/plain; charset=utf-8", []),
            (#"{"Body":"no","STATUS":"404","Headers":{"content-type":"a/b"}}"#, 404, "no", "a/b; charset=utf-8", []),
            (#"{"body":"no","status":404,"statusCode":201}"#, 201, "no", "text/plain; charset=utf-8", []),
            (#"{"body":"no","status":404,"statusCode":null}"#, 200, "no", "text/plain; charset=utf-8", []),
            (
                #"{"body":"no","status":{}}"#, 200, "no", "text/plain; charset=utf-8",
                ["the status {} is not a whole number"]
            ),
            (#"{"body":"a","Body":"b"}"#, 200, "a", "text/plain; charset=utf-8", []),
            (#"{"body":null}"#, 200, "", "text/plain; charset=utf-8", []),
            (
                #"{"body":true}"#, 200, "True", "text/plain; charset=utf-8",
                ["true arrives as 'True'; send \"body\": \"true\""]
            ),
            (
                #"{"body":{"a":1},"headers":{"content-type":"application/json"}}"#, 200, #"{"a":1}"#,
                "application/json; charset=utf-8", []
            ),
            (#"{"body":{"a":1}}"#, 200, #"{"a":1}"#, "text/plain; charset=utf-8", ["the JSON is sent as text/plain"]),
            (
                #"{"body":[1]}"#, 200, "System.Collections.Generic.List`1[System.Object]", "text/plain; charset=utf-8",
                [
                    "the body is an array, so the text 'System.Collections.Generic.List`1[System.Object]' arrives "
                        + "instead; send the body as JSON text"
                ]
            ),
            (#"{"body":[1],"enableContentNegotiation":true}"#, 200, "[1]", "application/json; charset=utf-8", []),
            (#"{"body":"x","enableContentNegotiation":true,"status":404}"#, 404, "x", "text/plain; charset=utf-8", []),
            (#"{"body":null,"enableContentNegotiation":true}"#, 204, "", nil, []),
            (
                #"{"body":"x","headers":[1]}"#, 200, "x", "text/plain; charset=utf-8",
                ["\"headers\" is an array and is ignored; send an object of names and strings"]
            ),
            (#"{"body":"x","cookies":[]}"#, 200, "x", "text/plain; charset=utf-8", ["\"cookies\" is ignored"]),
            (
                #"{"body":"x","headers":"a: b"}"#, 200, "x", "text/plain; charset=utf-8",
                ["\"headers\" is a string and is ignored"]
            ),
            (
                #"{"body":"x","headers":{"a":[1]}}"#, 200, "x", "text/plain; charset=utf-8",
                [
                    "the header 'a' is an array and arrives as 'System.Collections.Generic.List`1[System.Object]'; "
                        + "send a text"
                ]
            ),
            (
                #"{"statusCode":404}"#, 200, "{\n  \"statusCode\": 404\n}", "text/plain; charset=utf-8",
                [
                    "there is no \"body\", so the whole object is the body and \"statusCode\" has no effect; add "
                        + "\"body\"",
                    "the JSON is sent as text/plain",
                ]
            ),
            ("[1]", 200, "[\n  1\n]", "text/plain; charset=utf-8", ["the JSON is sent as text/plain"]),
            ("5", 200, "5", "text/plain; charset=utf-8", []),
            ("null", 204, "", nil, []),
        ] as [(String, Int, String, String?, [String])])
    func `ReturnValue is the response of $return`(
        _ value: String, _ status: Int, _ body: String, _ type: String?, _ warnings: [String]
    ) {
        let delivery = Self.returned(value)
        #expect(delivery.failure == nil && delivery.http?.status == status && delivery.http?.text == body)
        #expect(delivery.http?.value(of: "content-type") == type)
        #expect(delivery.warnings.count == warnings.count)
        for (warning, start) in zip(delivery.warnings, warnings) { #expect(warning.hasPrefix("ReturnValue: " + start)) }
    }

    @Test(arguments: ["true", "null", "2024", "test"])
    func `a word that decodes as base64 becomes the body's bytes`(_ text: String) {
        let delivery = Self.returned("\"\(text)\"")
        #expect(delivery.http?.body.count == 3 && delivery.http?.headers.isEmpty == true)
        #expect(
            delivery.warnings == [
                "ReturnValue: the text '\(text)' decodes as base64, so 3 bytes arrive instead; send {\"body\": "
                    + "\"text\"}"
            ])
        #expect(Self.returned("{\"body\":\"\(text)\"}").http?.text == text)
        #expect(Self.returned("\"\(text)\"", dataType: "binary").http?.body.count != 3)
    }

    @Test func `a status of more than 32 bits fails`() {
        #expect(
            Self.returned(#"{"status":2147483648,"body":"x"}"#).failure
                == "ReturnValue: Value was either too large or too small for an Int32: the status 2147483648; send a "
                + "status from 200 to 599")
    }

    @Test func `"HTTP" in capitals takes the rules of $return`() {
        let output = OutputBinding(name: "res", type: "HTTP")
        #expect(decode(#"{"Outputs":{"res":{"status":404,"body":"no"}}}"#, output, isHTTP: true).http?.status == 404)
        #expect(decode(#"{"Outputs":{"res":"aGVsbG8="}}"#, output, isHTTP: true).http?.text == "hello")
    }
}
