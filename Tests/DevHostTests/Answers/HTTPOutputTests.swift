import Testing

@testable import DevHost

/// Tests responses to callers through an output with a name (host-contract §9.5).
@Suite struct HTTPOutputTests {
    private static func named(_ value: String) -> Delivery {
        decode("{\"Outputs\":{\"res\":\(value)}}", .response, isHTTP: true)
    }

    private static let failed =
        "Failed while trying to Deserialize to httpOutputBindingResponse. Output is not in expected format: "

    @Test(arguments: [
        (#"{}"#, 200, ""), (#"{"statusCode":"204"}"#, 204, ""), (#"{"body":"hello"}"#, 200, "hello"),
        (#"{"body":"hello","statusCode":"300"}"#, 300, "hello"), (#"{"STATUSCODE":404,"Body":"no"}"#, 404, "no"),
        (#""{\"body\":\"hello\",\"statusCode\":201}""#, 201, "hello"), (#"{"body":"test"}"#, 200, "test"),
        (#"{"body":"aGVsbG8="}"#, 200, "aGVsbG8="), (#"{"body":"[1, 2]"}"#, 200, "[1, 2]"),
        (#"{"body":null,"headers":null}"#, 200, ""), (#"{"body":"x","headers":""}"#, 200, "x"),
        (#"{"body":3}"#, 200, "3"),
        (#"{"body":"x","statusCode":201,"Status":null}"#, 201, "x"),
    ])
    func `an object is a response`(_ value: String, _ status: Int, _ body: String) {
        let delivery = Self.named(value)
        #expect(delivery.http?.status == status && delivery.http?.text == body)
        #expect(delivery.http?.headers.map(\.name) == ["Content-Type"])
        #expect(delivery.http?.headers.map(\.value) == ["text/plain; charset=utf-8"])
        #expect(delivery.warnings.isEmpty)
    }

    @Test(arguments: [
        ("\"plain\"", "a string"), ("\"SomeBlah\"", "a string"), ("\"\"", "a string"), ("5", "a number"),
        ("true", "a boolean"),
        ("[]", "an array"), ("null", "null"), ("\"[1]\"", "a string"), ("\"null\"", "a string"),
        (#""2024-01-01T00:00:00Z""#, "a date"),
    ])
    func `any other value is not a response`(_ value: String, _ kind: String) {
        let delivery = Self.named(value)
        #expect(
            delivery.failure == Self.failed + "output 'res' is \(kind); send an object such as "
                + #"{"statusCode": 200, "headers": {"x-name": "text"}, "body": "text"}"#)
        #expect(delivery.http == nil)
    }

    @Test func `a malformed response fails before anything is written`() {
        let delivery = decode(#"{"Outputs":{"o":"hello","res":"plain"}}"#, .queue, .response, isHTTP: true)
        #expect(delivery.failure != nil && delivery.outputs.isEmpty)
    }

    @Test(
        arguments: [
            ("201", 201, nil), ("\"201\"", 201, nil), ("\" +201 \"", 201, nil), ("null", 200, nil),
            ("\"invalid\"", 200, "the status \"invalid\" is not a whole number, so the caller gets 200"),
            ("\"\"", 200, "the status \"\" is not a whole number, so the caller gets 200"),
            ("true", 200, "the status true is not a whole number, so the caller gets 200"),
            ("201.0", 200, "the status 201.0 is not a whole number, so the caller gets 200"),
            ("99999999999", 200, "the status 99999999999 is not a whole number, so the caller gets 200"),
            ("600", 600, "the status 600 is not from 200 to 599, so callers may not understand it"),
            ("999", 999, "the status 999 is not from 200 to 599, so callers may not understand it"),
        ] as [(String, Int, String?)])
    func `"statusCode" is a whole number or the text of one`(_ value: String, _ status: Int, _ warning: String?) {
        let delivery = Self.named("{\"statusCode\":\(value),\"body\":\"x\"}")
        #expect(delivery.http?.status == status && delivery.http?.text == "x")
        #expect(delivery.warnings == [warning.map { "output 'res': " + $0 }].compactMap(\.self))
    }

    @Test(arguments: [-1, 0, 99, 100, 101, 199, 1000])
    func `a status that would break the response is not sent`(_ status: Int) {
        let delivery = Self.named("{\"statusCode\":\(status),\"body\":\"x\"}")
        #expect(delivery.failure == nil && delivery.http?.status == status && delivery.http?.text == "x")
        #expect(
            delivery.warnings == [
                "output 'res': Azure sends the status \(status) as it is, on which most callers break, so the caller "
                    + "gets 500 here; send a status from 200 to 599"
            ])
        #expect(delivery.unsendable == delivery.warnings.first)
    }

    @Test(arguments: [
        (#"{"statusCode":{}}"#, "\"statusCode\" of output 'res' is an object"),
        (#"{"statusCode":[]}"#, "\"statusCode\" of output 'res' is an array"),
        (#"{"status":{}}"#, "\"status\" of output 'res' is an object"),
        (#"{"headers":[]}"#, "\"headers\" of output 'res' is an array"),
        (#"{"headers":"x: y"}"#, "\"headers\" of output 'res' is a string"),
    ])
    func `a member of the wrong kind fails`(_ value: String, _ reason: String) {
        #expect(Self.named(value).failure?.hasPrefix(Self.failed + reason + "; ") == true)
    }

    @Test(arguments: [
        (
            #"{"status":404,"body":"no"}"#, 200,
            "output 'res': \"status\" is ignored here, the caller gets 200; write \"statusCode\""
        ),
        (
            #"{"body":"x","cookies":[{"name":"a"}]}"#, 200,
            "output 'res': \"cookies\" is ignored; set one cookie with the header \"Set-Cookie\""
        ),
        (
            #"{"body":"x","enableContentNegotiation":true}"#, 200,
            "output 'res': \"enableContentNegotiation\" is ignored; there are \"statusCode\", \"headers\" and \"body\""
        ),
        (
            #"{"body":"x","isBase64":true}"#, 200,
            "output 'res': \"isBase64\" is ignored; there are \"statusCode\", \"headers\" and \"body\""
        ),
    ])
    func `other members have no effect`(_ value: String, _ status: Int, _ warning: String) {
        let delivery = Self.named(value)
        #expect(delivery.http?.status == status && delivery.warnings == [warning])
    }

    @Test(arguments: [
        ("true", "True", "output 'res': true arrives as 'True'; send \"body\": \"true\""),
        (
            #""2024-01-01T00:00:00Z""#, "01/01/2024 00:00:00",
            "output 'res': the text '2024-01-01T00:00:00Z' is parsed as a date, so '01/01/2024 00:00:00' arrives "
                + "instead; add a line break at its end"
        ),
        (
            #"{"a":[1]}"#, "{\n  \"a\": [\n    1\n  ]\n}",
            "output 'res': the JSON is sent as text/plain; send an object whose \"headers\" have a \"content-type\""
        ),
        (
            "[]", "[]",
            "output 'res': the JSON is sent as text/plain; send an object whose \"headers\" have a \"content-type\""
        ),
        (
            #"{"at":"2024-01-01T00:00:00.0Z"},"headers":{"content-type":"a/b"}"#,
            "{\n  \"at\": \"2024-01-01T00:00:00Z\"\n}",
            "output 'res': the date '2024-01-01T00:00:00.0Z' in the value arrives as '2024-01-01T00:00:00Z'; write "
                + "dates in UTC, without zeros at the end of the fraction"
        ),
    ])
    func `a body that is not text is converted to text`(_ body: String, _ text: String, _ warning: String) {
        let delivery = Self.named("{\"body\":\(body)}")
        #expect(delivery.http?.text == text && delivery.warnings == [warning])
    }

    @Test func `a text body is passed on unchanged, also if a line break at its end hides a date`() {
        let delivery = Self.named(#"{"body":"2024-01-01T00:00:00Z\n","headers":{"x-at":"2024-01-01T00:00:00Z "}}"#)
        #expect(delivery.http?.text == "2024-01-01T00:00:00Z\n" && delivery.warnings.isEmpty)
        #expect(delivery.http?.value(of: "x-at") == "2024-01-01T00:00:00Z")
    }

    // MARK: Headers

    @Test(
        arguments: [
            (#"{"X-A":"1"}"#, "x-a", "1", nil), (#"{"X-A":12}"#, "x-a", "12", nil), (#"{"X-A":1.0}"#, "x-a", "1", nil),
            (#"{"X-A":" a "}"#, "x-a", "a", nil), (#"{"x-a":""}"#, "x-a", "", nil),
            (#"{"x-a":true}"#, "x-a", "True", "output 'res', header 'x-a': true arrives as 'True'; send \"true\""),
            (
                #"{"x-a":"2024-01-01T00:00:00Z"}"#, "x-a", "01/01/2024 00:00:00",
                "output 'res', header 'x-a': the text '2024-01-01T00:00:00Z' is parsed as a date, so '01/01/2024 "
                    + "00:00:00' arrives instead; add a space at its end"
            ),
            (
                #"{"x-a":[]}"#, "x-a", "[]",
                "output 'res': the header 'x-a' is an array and arrives as '[]'; send a text"
            ),
            (
                #"{"x-a":"1","X-A":"2"}"#, "x-a", "1",
                "output 'res': the header 'X-A' occurs twice, and the later one is dropped; join the values with "
                    + "\", \""
            ),
            (#"{"x-a":"1","x-b":"2"}"#, "content-type", "text/plain; charset=utf-8", nil),
            (#"{"Content-Type":""}"#, "content-type", "text/plain; charset=utf-8", nil),
            (#"{"content-type":"application/json"}"#, "content-type", "application/json; charset=utf-8", nil),
            (#"{"content-type":"text/html"}"#, "content-type", "text/html; charset=utf-8", nil),
            (#"{"content-type":"text/html; charset=UTF-8"}"#, "content-type", "text/html; charset=UTF-8", nil),
            (
                #"{"content-type":"text/html; charset=iso-8859-1"}"#, "content-type", "text/html; charset=utf-8",
                "output 'res': the body is sent in UTF-8, and the header says so in place of 'iso-8859-1'"
            ),
            (#"{"Set-Cookie":"a=1; Path=/; HttpOnly"}"#, "set-cookie", "a=1; Path=/; HttpOnly", nil),
            (#"{"content-length":"4"}"#, "content-length", nil, nil),
            (
                #"{"Transfer-Encoding":"chunked"}"#, "transfer-encoding", nil,
                "output 'res': the header 'Transfer-Encoding' is left out; in Azure it breaks the response, because "
                    + "the body is not encoded so; leave it out"
            ),
            (
                #"{"content-type":"a/b;charset=\"bogus\";c=d"}"#, "content-type", "a/b; charset=utf-8; c=d",
                "output 'res': the body is sent in UTF-8, and the header says so in place of 'bogus'"
            ),
        ] as [(String, String, String?, String?)])
    func `a header is sent`(_ headers: String, _ name: String, _ value: String?, _ warning: String?) {
        let delivery = Self.named("{\"body\":\"text\",\"headers\":\(headers)}")
        #expect(delivery.failure == nil && delivery.http?.value(of: name) == value)
        #expect(delivery.warnings == [warning].compactMap(\.self))
    }

    @Test(arguments: [
        (#"{"x-a":null}"#, "the header 'x-a' is null, so the caller gets an empty 500; leave it out"),
        (#"{"content-type":null}"#, "the header 'content-type' is null, so the caller gets an empty 500; leave it out"),
        (
            #"{"Set-Cookie":["a=1","b=2"]}"#,
            "the header 'Set-Cookie' contains the character 0x000A, so the caller gets an empty 500; a header must be "
                + "one line of ASCII, so join lists with \", \" and send at most one Set-Cookie"
        ),
        (#"{"x-a":{"b":1}}"#, "the header 'x-a' contains the character 0x000A, so the caller gets an empty 500"),
        (#"{"x-a":"1\n2"}"#, "the header 'x-a' contains the character 0x000A, so the caller gets an empty 500"),
        (#"{"x-a":"é"}"#, "the header 'x-a' contains the character 0x00E9, so the caller gets an empty 500"),
        (#"{"x a":"1"}"#, "the header 'x a' contains the character 0x0020, so the caller gets an empty 500"),
        (#"{"":"1"}"#, "a header has no name, so the caller gets an empty 500; leave it out"),
        (
            #"{"Content-Length":"x"}"#,
            "the header 'Content-Length' is 'x', so the caller gets an empty 500; leave it out"
        ),
    ])
    func `a header that cannot be sent leaves the caller an empty 500`(_ headers: String, _ reason: String) {
        let delivery = decode(
            "{\"Outputs\":{\"o\":\"hello\",\"res\":{\"body\":\"text\",\"headers\":\(headers)}}}", .response, .queue,
            isHTTP: true)
        #expect(delivery.failure == nil && delivery.http?.status == 500 && delivery.http?.body == [])
        #expect(delivery.unsendable?.hasPrefix("output 'res': " + reason) == true)
        #expect(delivery.texts == ["hello"] && delivery.warnings == [delivery.unsendable])
    }

    @Test(arguments: [204, 205, 304])
    func `some statuses have no body`(_ status: Int) {
        let delivery = Self.named("{\"statusCode\":\(status),\"body\":\"x\"}")
        #expect(delivery.failure == nil && delivery.http?.status == status && delivery.http?.body == [])
        #expect(
            delivery.warnings == [
                "output 'res': the body is dropped, because a response with the status \(status) has none"
            ])
        #expect(Self.named("{\"statusCode\":\(status),\"body\":\"\"}").warnings.isEmpty)
    }

    // MARK: The end of the body

    @Test(
        arguments: [
            (#"{"body":"abc"}"#, .chunks), (#"{"body":""}"#, .none), (#"{"statusCode":204}"#, .none),
            (#"{"body":"abc","headers":{"Content-Length":"3"}}"#, .contentLength(3)),
        ] as [(String, HTTPResult.Framing)])
    func `a text goes out in chunks`(_ value: String, _ framing: HTTPResult.Framing) {
        let delivery = Self.named(value)
        #expect(delivery.http?.framing == framing && delivery.http?.breaksOff == false && delivery.warnings.isEmpty)
    }

    @Test(arguments: [0, 2, 9])
    func `a response whose length is wrong breaks off`(_ length: Int) {
        let delivery = Self.named("{\"body\":\"abc\",\"headers\":{\"Content-Length\":\"\(length)\"}}")
        #expect(delivery.failure == nil && delivery.http?.breaksOff == true)
        #expect(
            delivery.warnings == [
                "output 'res': the header 'Content-Length' says \(length), but the body has 3 bytes, so the response "
                    + "breaks off; leave the header out"
            ])
    }
}
