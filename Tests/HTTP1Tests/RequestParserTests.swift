import Testing

@testable import HTTP1

@Suite struct RequestParserTests {
    private func parse(_ text: String) -> (RequestHead, [UInt8], Parsed<RequestError>) {
        RequestHead.read([Array(text.utf8)])
    }

    // MARK: What is read

    private static let request =
        "POST /a/b?c=d?e HTTP/1.1\r\nHost: x:80\r\nLong-Name_1:\t value, with \"quotes\" \t\r\nEmpty:\r\n"
        + "Content-Length: 4\r\n\r\n"

    private func expectRequest(_ parsed: (RequestHead, [UInt8], Parsed<RequestError>)) {
        let (head, bytes, result) = parsed
        #expect(result == .complete && head.method == .post && head.version == .http11 && head.form == .origin)
        #expect(text(head.target, bytes) == "/a/b?c=d?e" && text(head.path, bytes) == "/a/b")
        #expect(text(head.query, bytes) == "c=d?e" && text(head.host, bytes) == "x:80" && head.authority == nil)
        let fields = head.fields.map { "\(text($0.name, bytes) ?? "")=\(text($0.value, bytes) ?? "")" }
        #expect(fields == ["Host=x:80", "Long-Name_1=value, with \"quotes\"", "Empty=", "Content-Length=4"])
        #expect(head.framing == .length(4) && head.keepsAlive && !head.expectsContinue)
        #expect(head.length == Self.request.utf8.count)
    }

    @Test(arguments: 0...request.utf8.count)
    func `a head is the same wherever its bytes are cut`(_ place: Int) {
        expectRequest(RequestHead.read(cut(Self.request + "body", at: place)))
    }

    @Test func `a head is the same when each byte comes alone`() {
        expectRequest(RequestHead.read(Self.request.utf8.map { [$0] }))
    }

    @Test func `no byte is searched twice for the end of a line`() {
        var lines = FieldLines(limits: HeadLimits())
        var fields = FieldList()
        var bytes: [UInt8] = []
        for byte in "Name: \(String(repeating: "v", count: 1000))\rX".utf8 {
            bytes.append(byte)
            guard case .incomplete = bytes.withUnsafeBytes({ lines.read($0, into: &fields) }) else { break }
            // A carriage return is searched again together with the byte after it.
            #expect(lines.searched >= bytes.count - 1)
        }
        #expect(bytes.last == UInt8(ascii: "X"))
    }

    @Test func `a parser and a head are used again for the next request`() {
        var parser = RequestParser()
        var head = RequestHead()
        let first = Array("OPTIONS * HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nA: 1\r\n\r\n".utf8)
        let second = Array("GET http://b?q HTTP/1.1\r\nHost: c\r\n\r\n".utf8)
        for _ in 0..<2 {
            guard case .complete = parser.parse(first.span.bytes, into: &head) else { return #expect(Bool(false)) }
            #expect(head.form == .asterisk && head.fields.count == 3 && head.keepsAlive && head.query == nil)
            guard case .complete = parser.parse(second.span.bytes, into: &head) else { return #expect(Bool(false)) }
            #expect(head.form == .absolute && head.fields.count == 1 && head.version == .http11)
            #expect(text(head.authority, second) == "b" && text(head.host, second) == "c")
        }
    }

    @Test(arguments: [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "M-SEARCH", "A", "PROPPATCH",
        "!#$%&'*+-.^_`|~09azAZ",
    ])
    func `any token is a method`(_ name: String) {
        let (head, _, result) = parse("\(name) / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(result == .complete && head.method.text == name && head.method == HTTPMethod(name))
        if case .other(let text) = head.method { #expect(HTTPMethod(text) == .other(text)) }
    }

    @Test(
        arguments: [
            ("GET", "/", "/", nil, nil), ("GET", "//x/y", "//x/y", nil, nil), ("GET", "/?", "/", "", nil),
            ("GET", "/a|b{c}\"<>^`\\", "/a|b{c}\"<>^`\\", nil, nil), ("GET", "/grüße?ö", "/grüße", "ö", nil),
            ("GET", "http://y?q=1", "", "q=1", "y"), ("GET", "HTTP://y", "", nil, "y"),
            ("GET", "https://y:8080/a?b=/c", "/a", "b=/c", "y:8080"), ("GET", "http://[::1]:80/", "/", nil, "[::1]:80"),
            ("OPTIONS", "*", "*", nil, nil), ("OPTIONS", "/a", "/a", nil, nil), ("CONNECT", "x:80", "", nil, "x:80"),
            ("CONNECT", "[::1]:443", "", nil, "[::1]:443"),
        ] as [(String, String, String, String?, String?)])
    func `a target has its parts`(
        _ method: String, _ target: String, _ path: String, _ query: String?, _ authority: String?
    ) {
        let (head, bytes, result) = parse("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(result == .complete && text(head.target, bytes) == target && text(head.path, bytes) == path)
        #expect(text(head.query, bytes) == query && text(head.authority, bytes) == authority)
    }

    @Test(
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE ,y\r\n", false), ("HTTP/1.1", "connection: closed\r\n", true),
            ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
            ("HTTP/1.1", "Upgrade: h2c\r\nConnection: upgrade\r\n", true), ("HTTP/1.7", "", true),
        ] as [(String, String, Bool)])
    func `a connection is kept as version and Connection say`(_ version: String, _ fields: String, _ isKept: Bool) {
        let (head, _, result) = parse("GET / \(version)\r\nHost: x\r\n\(fields)\r\n")
        #expect(result == .complete && head.keepsAlive == isKept)
    }

    @Test func `a client that asks for a tunnel is not kept, and what it sends for the tunnel is no body`() {
        let (head, _, result) = parse("CONNECT x:80 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        #expect(result == .complete && !head.keepsAlive && head.framing == .none)
    }

    @Test(
        arguments: [
            ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 5\r\n", true),
            ("HTTP/1.1", "eXpEcT: 100-CONTINUE\r\nTransfer-Encoding: chunked\r\n", true),
            ("HTTP/1.0", "Expect: 100-continue\r\nContent-Length: 5\r\n", false),
            ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", false),
            ("HTTP/1.1", "Expect: 100-continue\r\n", false),
            ("HTTP/1.1", "Expect: 200-ok\r\nContent-Length: 5\r\n", false),
            ("HTTP/1.1", "Except: 100-continue\r\nContent-Length: 5\r\n", false),
        ] as [(String, String, Bool)])
    func `a client waits for 100 Continue only in HTTP 1.1 and with a body`(
        _ version: String, _ fields: String, _ waits: Bool
    ) {
        let (head, _, result) = parse("POST / \(version)\r\nHost: x\r\n\(fields)\r\n")
        #expect(result == .complete && head.expectsContinue == waits)
    }

    @Test(
        arguments: [
            ("", .none), ("Content-Length: 0\r\n", .length(0)), ("Content-Length: 34\t\r\n", .length(34)),
            ("content-LENGTH:007\r\n", .length(7)), ("Content-Length: 9223372036854775807\r\n", .length(.max)),
            ("Transfer-Encoding: chunked\r\n", .chunked), ("transfer-encoding:\t Chunked \r\n", .chunked),
            ("Content-Lengths: 5\r\n", .none), ("Content-Lengtn: 5\r\n", .none),
            ("Transfer-Encodinh: chunked\r\n", .none),
        ] as [(String, BodyFraming)])
    func `a body is framed by length or chunks`(_ fields: String, _ framing: BodyFraming) {
        let (head, _, result) = parse("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
        #expect(result == .complete && head.framing == framing)
    }

    @Test func `values that are not UTF-8 are kept byte for byte`() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\nA: ".utf8) + [0xff, 0x80, 0x20, 0xe4] + Array("\r\n\r\n".utf8)
        let (head, all, result) = RequestHead.read([bytes])
        #expect(result == .complete && Array(all[head.fields[1].value]) == [0xff, 0x80, 0x20, 0xe4])
    }

    @Test func `fields are found in any case`() {
        let (head, bytes, _) = parse("GET / HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-oNE: 2\r\nX-On_: 3\r\n\r\n")
        let span = bytes.span.bytes
        #expect(text(head.fields.first("x-one", in: span), bytes) == "1")
        #expect(text(head.fields.last("X-ONE", in: span), bytes) == "2")
        #expect(head.fields.values("X-One", in: span).map { text($0, bytes) } == ["1", "2"])
        #expect(head.fields.first("x-on", in: span) == nil && head.fields.first("", in: span) == nil)
    }

    @Test(
        arguments: [
            ("Content-Type", "cONTENT-tYPE", true), ("Abcdefgh~", "Abcdefgh^", false), ("Abcdefg~", "abcdefg^", false),
            ("Abcdefg`", "abcdefg@", false), ("Z-------", "z-------", true), ("A-A-A-A-", "a-a-a-a-", true),
        ] as [(String, String, Bool)])
    func `only letters are compared without case`(_ name: String, _ other: String, _ isSame: Bool) {
        let (head, bytes, _) = parse("GET / HTTP/1.1\r\nHost: x\r\n\(name): 1\r\n\r\n")
        #expect((head.fields.first(other, in: bytes.span.bytes) != nil) == isSame)
    }

    // MARK: What is refused

    @Test(
        arguments: [
            // The request line.
            ("nonsense\r\n\r\n", .requestLine), ("GET /\r\n\r\n", .requestLine), (" GET / HTTP/1.1\r\n", .requestLine),
            ("GET  / HTTP/1.1\r\n", .requestLine), ("GET / HTTP/1.1 \r\n", .requestLine),
            ("GET /  HTTP/1.1\r\n", .requestLine), ("GET\t/ HTTP/1.1\r\n", .requestLine),
            ("GET / http/1.1\r\n", .requestLine), ("GET / HTTP/1\r\n", .requestLine),
            ("GET / HTTP/11.1\r\n", .requestLine),
            ("GET / HTTP/1.x\r\n", .requestLine), ("GET / HTTP/1.1x\r\n", .requestLine),
            ("GET / XTTP/1.1\r\n", .requestLine),
            ("G(T / HTTP/1.1\r\n", .requestLine), ("\u{16}\u{3}\u{1}", .requestLine), ("GET /\u{1}", .requestLine),
            ("GET /\u{7f} HTTP/1.1\r\n", .requestLine), ("GËT / HTTP/1.1\r\n", .requestLine),
            // The target.
            ("GET * HTTP/1.1\r\n", .target), ("PRI * HTTP/2.0\r\n", .target), ("GET x HTTP/1.1\r\n", .target),
            ("GET /a#b HTTP/1.1\r\n", .target), ("GET ftp://x/ HTTP/1.1\r\n", .target),
            ("GET ?a HTTP/1.1\r\n", .target),
            ("CONNECT / HTTP/1.1\r\n", .target), ("CONNECT x HTTP/1.1\r\n", .target),
            ("GET x:80 HTTP/1.1\r\n", .target),
            ("CONNECT x:80/ HTTP/1.1\r\n", .target), ("CONNECT x: HTTP/1.1\r\n", .target),
            ("OPTIONS ** HTTP/1.1\r\n", .target), ("GET http:/x HTTP/1.1\r\n", .target),
            ("GET http:///x HTTP/1.1\r\n", .host), ("GET http://u@x/ HTTP/1.1\r\n", .host),
            ("GET http://x:y/ HTTP/1.1\r\n", .host), ("GET http://?x HTTP/1.1\r\n", .host),
            // The version.
            ("GET / HTTP/2.0\r\n", .version), ("GET / HTTP/0.9\r\n", .version), ("GET / HTTP/3.1\r\n", .version),
            // Lines.
            ("GET / HTTP/1.1\n", .lineEnd), ("\nGET / HTTP/1.1\r\n", .lineEnd), ("\rGET / HTTP/1.1\r\n", .lineEnd),
            ("GET / HTTP/1.1\r\nHost: x\n", .lineEnd), ("GET / HTTP/1.1\r\nHost: x\r\r\n", .lineEnd),
            ("GET / HTTP/1.1\r\nA: b\rc\r\n", .lineEnd), ("GET / HTTP/1.1\r\nHost: x\r\n\n", .lineEnd),
            ("GET / HTTP/1.1\r\nHost: x\r\n\rX", .lineEnd),
            // Fields.
            ("GET / HTTP/1.1\r\nA : b\r\n", .fieldName), ("GET / HTTP/1.1\r\n: b\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nA\r\n", .fieldName), ("GET / HTTP/1.1\r\nA B: c\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nÄ: c\r\n", .fieldName), ("GET / HTTP/1.1\r\nA(: c\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nA\u{1}: c\r\n", .fieldValue), ("GET / HTTP/1.1\r\nA: \u{0}\r\n", .fieldValue),
            ("GET / HTTP/1.1\r\nA: \u{7f}\r\n", .fieldValue), ("GET / HTTP/1.1\r\nA: \u{1b}", .fieldValue),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n", .foldedField), ("GET / HTTP/1.1\r\n\tA: b\r\n", .foldedField),
            ("GET / HTTP/1.1\r\nA: b\r\n \r\n", .foldedField),
        ] as [(String, RequestError)])
    func `bytes that are not a request are refused as early as possible`(_ text: String, _ error: RequestError) {
        #expect(parse(text).2 == .invalid(error))
        #expect(RequestHead.read(text.utf8.map { [$0] }).2 == .invalid(error))
    }

    @Test(
        arguments: [
            ("", .hostCount), ("Host: x\r\nHost: x\r\n", .hostCount), ("Host: x\r\nhost: y\r\n", .hostCount),
            ("Host: x/?admin=1&z=\r\n", .host), ("Host: x?a\r\n", .host), ("Host: x y\r\n", .host),
            ("Host: u@x\r\n", .host),
            ("Host: u:p@x\r\n", .host), ("Host: x:y\r\n", .host), ("Host: x:65536\r\n", .host),
            ("Host: x:-1\r\n", .host),
            ("Host: x:8 0\r\n", .host), ("Host: x:99999999999999999999\r\n", .host), ("Host: x#y\r\n", .host),
            ("Host: x\\y\r\n", .host), ("Host: [::1\r\n", .host), ("Host: [::1]x\r\n", .host), ("Host: [x]\r\n", .host),
            ("Host: []\r\n", .host), ("Host: ::1\r\n", .host), ("Host: x%\r\n", .host), ("Host: x%2\r\n", .host),
            ("Host: x%zz\r\n", .host), ("Host: bücher\r\n", .host), ("Host: :80\r\n", .host), ("Host: <x>\r\n", .host),
            ("Host: x\tx\r\n", .host), ("Host: [::1]:x\r\n", .host), ("Host: [fe80::1%25eth0]\r\n", .host),
        ] as [(String, RequestError)])
    func `a request has one Host, which is only a host and a port`(_ fields: String, _ error: RequestError) {
        #expect(parse("GET / HTTP/1.1\r\n\(fields)\r\n").2 == .invalid(error))
    }

    @Test(arguments: [
        "x", "x:80", "x:", "x:00080", "x:65535", "127.0.0.1:7071", "[::1]", "[::ffff:1.2.3.4]:80", "a_b.c-d~e", "%41",
        "a,b", "localhost.",
    ])
    func `a host may be any name or address`(_ host: String) {
        let (head, bytes, result) = parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(result == .complete && text(head.host, bytes) == host && HTTPFields.isValidHost(host))
    }

    @Test func `an empty Host counts as none, and HTTP 1.0 needs none`() {
        let empty = parse("GET / HTTP/1.1\r\nHost:\r\n\r\n")
        #expect(empty.2 == .complete && empty.0.host == nil)
        let old = parse("GET / HTTP/1.0\r\n\r\n")
        #expect(old.2 == .complete && old.0.host == nil && !old.0.keepsAlive)
        #expect(parse("GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n").2 == .invalid(.hostCount))
        #expect(parse("GET / HTTP/1.0\r\nHost: x/y\r\n\r\n").2 == .invalid(.host))
    }

    @Test(
        arguments: [
            ("Content-Length: 5\r\nContent-Length: 6\r\n", .contentLength),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", .contentLength),
            ("Content-Length: 5, 5\r\n", .contentLength),
            ("Content-Length: -1\r\n", .contentLength), ("Content-Length: +1\r\n", .contentLength),
            ("Content-Length: 5x\r\n", .contentLength), ("Content-Length: 0x5\r\n", .contentLength),
            ("Content-Length:\r\n", .contentLength), ("Content-Length: 5 5\r\n", .contentLength),
            ("Content-Length: 9223372036854775808\r\n", .contentLength),
            ("Content-Length: 99999999999999999999999999999999\r\n", .contentLength),
            ("Content-Length: ٣\r\n", .contentLength),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .ambiguousLength),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .ambiguousLength),
            ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", .ambiguousLength),
            ("Transfer-Encoding:\r\n", .transferEncoding), ("Transfer-Encoding: \t \r\n", .transferEncoding),
            ("Transfer-Encoding: gzip\r\n", .transferEncoding), ("Transfer-Encoding: identity\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked, gzip\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked, chunked\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked,\r\n", .transferEncoding),
            ("Transfer-Encoding: ,chunked\r\n", .transferEncoding),
            ("Transfer-Encoding: xchunked\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked\t\r\n", .transferEncoding),
            ("Transfer-Encoding: chunked \t \r\n", .transferEncoding),
            ("Transfer-Encoding: chunked;q=1\r\n", .transferEncoding),
            ("Transfer-Encoding: \"chunked\"\r\n", .transferEncoding),
            ("Transfer-Encoding: gzip, chunked\r\n", .unknownCoding),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", .unknownCoding),
        ] as [(String, RequestError)])
    func `the length of a body is unambiguous`(_ fields: String, _ error: RequestError) {
        #expect(parse("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n").2 == .invalid(error))
    }

    @Test func `HTTP 1 0 has no chunks`() {
        let request = "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(parse(request).2 == .invalid(.ambiguousLength))
    }

    // MARK: Limits

    @Test func `a head over the limit is refused before its end`() {
        let limits = HeadLimits(bytes: 100, fields: 3)
        func result(_ text: String) -> Parsed<RequestError> { RequestHead.read([Array(text.utf8)], limits: limits).2 }
        let line = "GET / HTTP/1.1\r\nHost: x\r\nA: "
        let fitting = String(repeating: "a", count: 100 - line.utf8.count - 4)
        #expect(result(line + fitting + "\r\n\r\n" + String(repeating: "b", count: 200)) == .complete)
        #expect(result(line + fitting + "a\r\n\r\n") == .invalid(.tooLarge(limits)))
        #expect(result(line + fitting + "\r\n") == .incomplete)
        #expect(result(line + fitting + "aaaa") == .invalid(.tooLarge(limits)))
        #expect(result("GET /" + String(repeating: "a", count: 95)) == .invalid(.targetTooLong(limit: 100)))
        #expect(result(String(repeating: "\r\n", count: 50)) == .invalid(.targetTooLong(limit: 100)))
        #expect(result("GET / HTTP/1.1\r\nHost: x\r\nA:\r\nB:\r\n\r\n") == .complete)
        #expect(result("GET / HTTP/1.1\r\nHost: x\r\nA:\r\nB:\r\nC:\r\n") == .invalid(.tooLarge(limits)))
    }

    @Test func `the limits are 64 KB and 256 fields`() {
        let many = String(repeating: "X: 1\r\n", count: 255)
        #expect(parse("GET / HTTP/1.1\r\nHost: x\r\n\(many)\r\n").2 == .complete)
        #expect(parse("GET / HTTP/1.1\r\nHost: x\r\nX: 1\r\n\(many)").2 == .invalid(.tooLarge(HeadLimits())))
        let long = "X: \(String(repeating: "a", count: 70_000))\r\n"
        #expect(parse("GET / HTTP/1.1\r\nHost: x\r\n\(long)").2 == .invalid(.tooLarge(HeadLimits())))
    }

    // MARK: Sentences

    @Test(
        arguments: [
            (.version, 505, "The HTTP version is not supported", "send HTTP/1.1"),
            (
                .tooLarge(HeadLimits()), 431, "The request headers are too large",
                "a request's headers may have at most 64 KB in all, and there may be at most 256"
            ), (.hostCount, 400, "The request is not HTTP", "the request must have exactly one Host header"),
            (
                .ambiguousLength, 400, "The request is not HTTP",
                "the request may have a Content-Length or, in HTTP/1.1, a Transfer-Encoding, not both"
            ),
            (
                .unknownCoding, 501, "The transfer coding is not supported",
                "the only supported transfer coding is chunked"
            ),
            (
                .targetTooLong(limit: 100), 414, "The request target is too long",
                "the request line has more than 100 bytes"
            ),
        ] as [(RequestError, Int, String, String)])
    func `an error says what to answer`(_ error: RequestError, _ status: Int, _ title: String, _ detail: String) {
        #expect(error.status == status && error.title == title && "\(error)" == detail)
    }
}
