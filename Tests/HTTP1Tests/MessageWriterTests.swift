import HTTP1
import Testing

@Suite struct MessageWriterTests {
    /// A request that was read.
    private func request(_ line: String = "GET / HTTP/1.1", _ fields: String = "") -> RequestTraits {
        RequestHead.read([Array("\(line)\r\nHost: x\r\n\(fields)\r\n".utf8)]).0.traits
    }

    private func write(
        _ status: Int, _ fields: HTTPFields = [:], _ body: MessageWriter.ResponseBody = .length(2),
        to request: RequestTraits?,
        keepsAlive: Bool = true
    ) -> (text: String, ending: MessageWriter.Ending) {
        var output: [UInt8] = []
        let ending = MessageWriter.appendHead(
            status: status, fields: fields, body: body, to: request, keepsAlive: keepsAlive, into: &output)
        return (String(decoding: output, as: UTF8.self), ending)
    }

    // MARK: Responses

    @Test func `a response has its length`() {
        let (text, ending) = write(202, ["x-a": "1", "X-B": "ä"], to: request())
        #expect(text == "HTTP/1.1 202 Accepted\r\nx-a: 1\r\nX-B: ä\r\ncontent-length: 2\r\n\r\n")
        #expect(ending.hasBody && !ending.isChunked && ending.keepsAlive)
    }

    @Test func `a streamed body goes out in chunks`() {
        let (text, ending) = write(200, [:], .streamed, to: request())
        #expect(text == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(ending.hasBody && ending.isChunked && ending.keepsAlive)
    }

    @Test(arguments: ["GET / HTTP/1.0", "HEAD / HTTP/1.1", "HEAD / HTTP/1.0"])
    func `a streamed body ends with the connection if chunks are not possible`(_ line: String) {
        let (text, ending) = write(200, [:], .streamed, to: request(line, "Connection: keep-alive\r\n"))
        #expect(text == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        #expect(ending.hasBody == line.hasPrefix("GET") && !ending.isChunked && !ending.keepsAlive)
    }

    @Test(arguments: ["GET / HTTP/1.1", "GET / HTTP/1.0", "HEAD / HTTP/1.1"])
    func `a whole body without a length leaves the connection open after HEAD`(_ line: String) {
        let (text, ending) = write(200, [:], .chunked, to: request(line, "Connection: keep-alive\r\n"))
        let (isHead, isNew) = (line.hasPrefix("HEAD"), line.hasSuffix("1.1"))
        let framing = isHead ? "" : isNew ? "transfer-encoding: chunked\r\n" : "connection: close\r\n"
        #expect(text == "HTTP/1.1 200 OK\r\n\(framing)\r\n")
        #expect(ending.hasBody == !isHead && ending.isChunked == (isNew && !isHead) && ending.keepsAlive == isNew)
    }

    @Test func `the response to HEAD has a length and no body`() {
        let (text, ending) = write(200, to: request("HEAD / HTTP/1.1"))
        #expect(text == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" && !ending.hasBody && ending.keepsAlive)
    }

    @Test(arguments: [204, 304, 101], [MessageWriter.ResponseBody.length(2), .length(0), .streamed, .chunked])
    func `a response that has no body has no length`(_ status: Int, _ body: MessageWriter.ResponseBody) {
        let (text, ending) = write(status, [:], body, to: request())
        #expect(!text.lowercased().contains("content-length") && !text.contains("transfer-encoding"))
        #expect(!ending.hasBody && !ending.isChunked && ending.keepsAlive)
    }

    @Test(arguments: [(204, false), (304, true)])
    func `only a 304 may announce the length of the response that it stands for`(_ status: Int, _ mayAnnounce: Bool) {
        let (text, ending) = write(status, ["Content-Length": "9"], to: request())
        #expect(text.contains("Content-Length: 9") == mayAnnounce && !ending.hasBody)
    }

    @Test func `a response may have a reason of its own`() {
        var output: [UInt8] = []
        for reason in ["Very Strange", "", "a\r\nb: c"] {
            _ = MessageWriter.appendHead(
                status: 200, reason: reason, fields: ["Connection": "keep-alive"], body: .length(0), to: request(),
                into: &output)
        }
        let rest = "connection: keep-alive\r\ncontent-length: 0\r\n\r\n"
        #expect(
            String(decoding: output, as: UTF8.self)
                == "HTTP/1.1 200 Very Strange\r\n\(rest)HTTP/1.1 200 \r\n\(rest)HTTP/1.1 200 OK\r\n\(rest)")
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1", "", true, "", true), ("GET / HTTP/1.1", "Connection: close\r\n", true, "close", false),
            ("GET / HTTP/1.1", "", false, "close", false), ("GET / HTTP/1.0", "", true, "close", false),
            ("GET / HTTP/1.0", "Connection: keep-alive\r\n", true, "keep-alive", true),
            ("GET / HTTP/1.0", "Connection: keep-alive\r\n", false, "close", false),
        ] as [(String, String, Bool, String, Bool)])
    func `the connection is kept if both sides want it`(
        _ line: String, _ fields: String, _ keepsAlive: Bool, _ said: String, _ isKept: Bool
    ) {
        let (text, ending) = write(200, to: request(line, fields), keepsAlive: keepsAlive)
        #expect(text.contains("connection: \(said)\r\n") == !said.isEmpty && ending.keepsAlive == isKept)
        #expect(text.contains("connection") == !said.isEmpty)
    }

    @Test func `an invalid request is answered, and its connection closed`() {
        let (text, ending) = write(400, to: nil)
        #expect(text == "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\n")
        #expect(!ending.keepsAlive && ending.hasBody)
    }

    @Test func `fields that are the writer's own, or not valid, are left out`() {
        let fields = HTTPFields([
            ("Content-Length", "9"), ("transfer-encoding", "chunked"), ("CONNECTION", "keep-alive"), ("a b", "1"),
            ("", "1"),
            ("x", "1\r\ny: 2"), ("z", "1\u{0}"), ("ok", "1"),
        ])
        #expect(write(200, fields, to: request()).text == "HTTP/1.1 200 OK\r\nok: 1\r\ncontent-length: 2\r\n\r\n")
    }

    @Test(
        arguments: [
            (299, "HTTP/1.1 299 \r\n"), (999, "HTTP/1.1 999 \r\n"), (99, "HTTP/1.1 500 Internal Server Error\r\n"),
            (1000, "HTTP/1.1 500 Internal Server Error\r\n"), (-1, "HTTP/1.1 500 Internal Server Error\r\n"),
        ] as [(Int, String)])
    func `a status has three digits`(_ status: Int, _ line: String) {
        #expect(write(status, to: request()).text.hasPrefix(line))
    }

    @Test func `a small response is written in one piece`() {
        var output = Array("before".utf8)
        let body = Array("{}".utf8)
        var ending = MessageWriter.append(
            status: 200, contentType: "application/json", body: body.span.bytes, to: request(), into: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "beforeHTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        #expect(ending.keepsAlive && ending.hasBody)
        output = []
        ending = MessageWriter.append(
            status: 200, contentType: "text/plain", body: body.span.bytes, to: request("HEAD / HTTP/1.1"), into: &output
        )
        #expect(String(decoding: output, as: UTF8.self).hasSuffix("content-length: 2\r\n\r\n") && !ending.hasBody)
    }

    @Test func `an informational response is a head alone`() {
        var output: [UInt8] = []
        MessageWriter.appendInformational(status: 100, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    // MARK: Requests

    private func write(
        _ method: HTTPMethod, _ target: String = "/", host: String = "x", _ fields: HTTPFields = [:],
        _ body: MessageWriter.RequestBody = .none, keepsAlive: Bool = true
    ) -> String? {
        var output: [UInt8] = []
        let isWritten = MessageWriter.appendHead(
            method: method, target: target, host: host, fields: fields, body: body, keepsAlive: keepsAlive,
            into: &output)
        if !isWritten { #expect(output.isEmpty) }
        return isWritten ? String(decoding: output, as: UTF8.self) : nil
    }

    @Test func `a request says how its body is framed`() {
        #expect(
            write(.get, "/a?b", ["x": "1", "host": "y", "Content-Length": "3"])
                == "GET /a?b HTTP/1.1\r\nHost: x\r\nx: 1\r\n\r\n")
        #expect(write(.post, "/") == "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        #expect(write(.post, "/", [:], .length(12)) == "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n")
        #expect(
            write(.other("X"), "/", [:], .chunked, keepsAlive: false)
                == "X / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    }

    @Test func `a request's own fields can keep the places of fields with their names`() {
        var output: [UInt8] = []
        let fields: HTTPFields = [
            "a": "1", "Connection": "Keep-Alive", "Host": "y", "Content-Length": "9", "Host": "z", "b": "2",
        ]
        _ = MessageWriter.appendHead(
            method: .post, target: "/", host: "x", fields: fields, body: .length(3), keepsPlaces: true, into: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "POST / HTTP/1.1\r\na: 1\r\nConnection: Keep-Alive\r\nHost: x\r\nContent-Length: 3\r\nb: 2\r\n\r\n")
    }

    @Test(
        arguments: [
            (.other("A B"), "/", "x"), (.other(""), "/", "x"), (.get, "/ HTTP/1.1\r\n", "x"), (.get, "", "x"),
            (.get, "/", "x\r\ny: z"), (.get, "/", "u@x"), (.get, "/#a", "x"),
        ] as [(HTTPMethod, String, String)])
    func `a request that would be read as another is not written`(
        _ method: HTTPMethod, _ target: String, _ host: String
    ) {
        #expect(write(method, target, host: host) == nil)
    }

    // MARK: Chunks

    @Test(arguments: [1, 9, 15, 16, 255, 256, 4096, 70_000])
    func `chunks are read back`(_ size: Int) throws {
        let bytes = [UInt8](repeating: 0x61, count: size)
        var output: [UInt8] = []
        MessageWriter.appendChunk([UInt8]().span.bytes, into: &output)
        MessageWriter.appendChunk(bytes.span.bytes, into: &output)
        MessageWriter.appendLastChunk(into: &output)
        #expect(String(decoding: output.prefix { $0 != 0x0d }, as: UTF8.self) == String(size, radix: 16))
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        let consumed = try decoder.decode(output.span.bytes) { body.append(copying: $0) }
        #expect(consumed == output.count && decoder.isComplete && body == bytes)
    }
}
