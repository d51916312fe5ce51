import HTTP1
import Testing

@Suite struct ResponseParserTests {
    private static let response =
        "HTTP/1.1 404 Not Found at all\r\nContent-Type: text/plain\r\nX: \t1 \r\nContent-Length: 3\r\n\r\nabc"

    @Test(arguments: 0...response.utf8.count)
    func `a head is the same wherever its bytes are cut`(_ place: Int) {
        var parser = ResponseParser()
        var head = ResponseHead()
        var bytes = Array(Self.response.utf8.prefix(place))
        var result = parser.parse(bytes.span.bytes, into: &head)
        if case .incomplete = result {
            bytes = Array(Self.response.utf8)
            result = parser.parse(bytes.span.bytes, into: &head)
        }
        guard case .complete = result else { return #expect(Bool(false)) }
        #expect(head.status == 404 && text(head.reason, bytes) == "Not Found at all" && head.version == .http11)
        #expect(head.fields.map { text($0.value, bytes) } == ["text/plain", "1", "3"] && head.keepsAlive)
        #expect(head.length == Self.response.utf8.count - 3 && head.framing(for: .get) == .length(3))
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK", 200, "OK"), ("HTTP/1.1 999 ", 999, ""), ("HTTP/1.0 100 x y", 100, "x y"),
            ("HTTP/1.1 204", 204, ""), ("HTTP/1.3 200 \tä ", 200, "\tä "),
        ] as [(String, Int, String)])
    func `a status line is read`(_ line: String, _ status: Int, _ reason: String) {
        let (head, bytes, result) = ResponseHead.read(line + "\r\n\r\n")
        #expect(result == .complete && head.status == status && text(head.reason, bytes) == reason)
    }

    @Test(
        arguments: [
            ("what is this\r\n\r\n", .statusLine), ("\r\nHTTP/1.1 200 OK\r\n", .statusLine),
            ("HTTP/1.1\r\n", .statusLine),
            ("HTTP/1.1  200 OK\r\n", .status), ("http/1.1 200 OK\r\n", .statusLine),
            ("HTTP/1.1x200 OK\r\n", .statusLine),
            ("HTTP/2.0 200 OK\r\n", .version), ("HTTP/0.9 200 OK\r\n", .version), ("ICY 200 OK!\r\n", .statusLine),
            ("HTTP/1.1 99 x\r\n", .status), ("HTTP/1.1 099 x\r\n", .status), ("HTTP/1.1 000 x\r\n", .status),
            ("HTTP/1.1 1000 x\r\n", .status), ("HTTP/1.1 20 OK\r\n", .status), ("HTTP/1.1 2x0 OK\r\n", .status),
            ("HTTP/1.1 -20 OK\r\n", .status), ("HTTP/1.1 \r\n", .status), ("HTTP/1.1 20\r\n", .status),
            ("HTTP/1.1 200OK\r\n", .status), ("HTTP/1.1 200\tOK\r\n", .status),
            ("HTTP/1.1 200 O\u{0}K\r\n", .statusLine),
            ("HTTP/1.1 200 OK\n", .lineEnd), ("HTTP/1.1 200 OK\r\nA: b\n", .lineEnd),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n", .foldedField), ("HTTP/1.1 200 OK\r\nA : b\r\n", .fieldName),
            ("HTTP/1.1 200 OK\r\nA: \u{1}\r\n", .fieldValue), ("HTTP/1.1 200 OK\r\nnonsense\r\n", .fieldName),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n", .contentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n", .contentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
            ("HTTP/1.1 204 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .transferEncoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .transferEncoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n", .transferEncoding),
        ] as [(String, ResponseError)])
    func `bytes that are not a response are refused`(_ text: String, _ error: ResponseError) {
        #expect(ResponseHead.read(text).2 == .invalid(error))
    }

    @Test(
        arguments: [
            (.get, 200, "", .untilClose), (.get, 200, "Content-Length: 3\r\n", .length(3)),
            (.get, 200, "Transfer-Encoding: Chunked\r\n", .chunked), (.head, 200, "Content-Length: 3\r\n", .none),
            (.head, 200, "Transfer-Encoding: chunked\r\n", .none), (.get, 100, "Content-Length: 3\r\n", .none),
            (.get, 101, "", .none), (.get, 204, "Content-Length: 3\r\n", .none),
            (.post, 304, "Content-Length: 3\r\n", .none),
            (.connect, 200, "Content-Length: 3\r\n", .none), (.connect, 400, "Content-Length: 3\r\n", .length(3)),
            (.get, 205, "Content-Length: 0\r\n", .length(0)),
        ] as [(HTTPMethod, Int, String, BodyFraming)])
    func `the end of a body depends on the request`(
        _ method: HTTPMethod, _ status: Int, _ fields: String, _ framing: BodyFraming
    ) {
        let (head, _, result) = ResponseHead.read("HTTP/1.1 \(status) x\r\n\(fields)\r\n")
        #expect(result == .complete && head.framing(for: method) == framing)
    }

    @Test func `informational responses are heads of their own`() {
        let (head, bytes, result) = ResponseHead.read(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
        #expect(result == .complete && head.isInformational && bytes[head.length] == UInt8(ascii: "H"))
        #expect(!ResponseHead.read("HTTP/1.1 101 Switching Protocols\r\n\r\n").0.isInformational)
        #expect(!ResponseHead.read("HTTP/1.1 200 OK\r\n\r\n").0.isInformational)
    }

    @Test func `a connection is kept as version and Connection say`() {
        #expect(!ResponseHead.read("HTTP/1.0 200 OK\r\n\r\n").0.keepsAlive)
        #expect(ResponseHead.read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").0.keepsAlive)
        #expect(!ResponseHead.read("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").0.keepsAlive)
    }

    @Test func `endless heads are refused at the limit`() {
        let limits = HeadLimits(bytes: 100, fields: 3)
        for text in [
            "HTTP/1.1 200 " + String(repeating: "x", count: 100), "HTTP/1.1 200 OK\r\nA:\r\nA:\r\nA:\r\nA:\r\n",
        ] {
            #expect(ResponseHead.read(text, limits: limits).2 == .invalid(.tooLarge(limits)))
        }
        #expect(
            "\(ResponseError.tooLarge(limits))"
                == "the headers have more than 100 bytes in all, or there are more than 3")
    }
}
