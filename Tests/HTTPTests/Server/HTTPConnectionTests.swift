import EventLoop
import HTTP1
import Testing

@testable import HTTP

/// Tests how the bytes of one connection are handled.
@Suite struct HTTPConnectionTests {
    private static let requests =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
        + "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        + "GET /c HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func answer(_ text: String, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: \(text.utf8.count)\r\n\(fields)\r\n\(text)"
    }

    private static let answers = ["/a body", "/b onetwo", "/c "].map { answer($0) }.joined()

    // MARK: Requests

    @Test func `requests that arrive together are answered in one write, in their order`() {
        let test = TestConnection()
        test.stream.receive(Self.requests)
        #expect(test.stream.text == Self.answers && test.stream.writes.count == 1)
        test.stream.receive(Self.requests)
        #expect(test.stream.text == Self.answers + Self.answers && test.stream.writes.count == 2)
        #expect(!test.stream.isFinished)
    }

    @Test(arguments: 0...requests.utf8.count)
    func `requests are the same wherever their bytes are cut`(_ place: Int) {
        let test = TestConnection()
        test.stream.receive(Array(Self.requests.utf8.prefix(place)))
        test.stream.receive(Array(Self.requests.utf8.dropFirst(place)))
        #expect(test.stream.text == Self.answers)
    }

    @Test func `requests are the same when each byte comes alone`() {
        let test = TestConnection()
        for byte in Self.requests.utf8 { test.stream.receive([byte]) }
        #expect(test.stream.text == Self.answers && test.connection?.input.isEmpty == true)
    }

    @Test func `requests that arrive while one is answered wait for its response`() {
        var waiting: [HTTPConnection] = []
        let test = TestConnection { _ in
        } _: {
            waiting.append($1)
        }
        test.stream.receive(Self.requests)
        #expect(test.responder.requests == ["POST /a"])
        test.stream.receive(Self.requests)
        #expect(test.responder.requests == ["POST /a"] && test.stream.text.isEmpty)
        waiting[0].respond(HTTPResponse(status: 200, text: "1"))
        // The response need not wait for the next one.
        #expect(test.stream.taken() == Self.answer("1") && test.responder.requests == ["POST /a", "POST /b"])
        for _ in 0..<5 { waiting[0].respond(HTTPResponse(status: 200, text: "2")) }
        #expect(test.responder.requests.map { $0.suffix(2) } == ["/a", "/b", "/c", "/a", "/b", "/c"])
        #expect(test.stream.taken() == String(repeating: Self.answer("2"), count: 5))
    }

    @Test func `a request object is reused, unless it is still held`() {
        var held: HTTPRequest?
        var objects: [ObjectIdentifier] = []
        let test = TestConnection { _ in
        } _: { request, connection in
            objects.append(ObjectIdentifier(request))
            if request.path == "/held" { held = request }
            connection.respond(HTTPResponse(status: 200, text: request.path))
        }
        for path in ["/1", "/2", "/held", "/3", "/4"] {
            test.stream.receive("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        }
        #expect(objects[0] == objects[1] && objects[1] == objects[2] && objects[2] != objects[3])
        #expect(objects[3] == objects[4])
        #expect(held?.path == "/held" && held?.body == Array("hello".utf8))
    }

    @Test func `parsed bytes are not kept`() {
        let test = TestConnection()
        let request = Array("GET / HTTP/1.1\r\nHost: x\r\nLong: \(String(repeating: "h", count: 10_000))\r\n\r\n".utf8)
        test.stream.receive(Array(request.prefix(5000)))
        for _ in 0..<1000 { test.stream.receive(Array(request.dropFirst(5000) + request.prefix(5000))) }
        #expect(test.responder.requests.count == 1000)
        #expect(test.connection.map { $0.input.capacity < 100_000 && $0.output.capacity < 100_000 } == true)
    }

    @Test func `a large body arrives unchanged and is not kept afterwards`() {
        let body = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let test = TestConnection { _ in
        } _: { request, connection in
            connection.respond(HTTPResponse(status: 200, contentType: "image/png", body: request.body))
        }
        test.stream.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n")
        for start in stride(from: 0, to: body.count, by: 65_536) {
            test.stream.receive(Array(body[start...].prefix(65_536)))
        }
        #expect(test.stream.output.suffix(body.count).elementsEqual(body))
        #expect(test.connection.map { $0.request.body.capacity < 100_000 && $0.output.capacity < 100_000 } == true)
    }

    @Test(arguments: ["Content-Length: 4194304\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"])
    func `a long body of many pieces is not copied for each`(_ framing: String) {
        let test = TestConnection()
        test.stream.receive("POST / HTTP/1.1\r\nHost: x\r\n\(framing)")
        let piece = [UInt8](repeating: 0x78, count: 4096)
        let chunk = framing.contains("chunked") ? Array("1000\r\n".utf8) + piece + Array("\r\n".utf8) : piece
        var places: Set<Int> = []
        for _ in 0..<1023 {
            test.stream.receive(chunk)
            _ = test.connection?.request.body.withUnsafeBytes { places.insert(Int(bitPattern: $0.baseAddress)) }
        }
        #expect(test.connection?.request.body.count == 1023 * 4096)
        // The buffer usually moves when it grows.
        #expect(places.count < 30)
    }

    @Test func `header values are passed on byte for byte`() {
        var value: [UInt8] = []
        let test = TestConnection { _ in
        } _: { request, connection in
            value = request.firstRange(of: "x-name").map { Array(request.headBytes[$0]) } ?? []
            var fields = HTTPFields()
            fields.add("x-name", bytes: value)
            connection.respond(HTTPResponse(status: 200, fields: fields))
        }
        test.stream.receive(
            Array("GET / HTTP/1.1\r\nHost: x\r\nX-Name: ".utf8) + [0xff, 0x80] + Array("\r\n\r\n".utf8))
        #expect(value == [0xff, 0x80])
        #expect(test.stream.output.firstRange(of: Array("x-name: ".utf8) + [0xff, 0x80, 13, 10]) != nil)
    }

    @Test func `OPTIONS for the whole server invokes nothing`() {
        let test = TestConnection()
        test.stream.receive("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(
            test.stream.text.hasPrefix(
                "HTTP/1.1 204 No Content\r\nallow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n\r\n"))
        #expect(test.responder.requests == ["GET /a"])
    }

    @Test func `a request to upgrade is handled like any other`() {
        let test = TestConnection()
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        test.stream.receive("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(test.stream.text == Self.answer("/a ") + Self.answer("/b "))
    }

    @Test func `after a request for a tunnel nothing is read`() {
        let test = TestConnection()
        test.stream.receive("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(test.responder.requests.count == 1 && test.stream.text.contains("connection: close\r\n"))
        #expect(test.stream.isFinished)
    }

    @Test func `nothing is read after the caller has requested to close`() {
        let test = TestConnection()
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        test.stream.receive("GET /c HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(test.stream.text == Self.answer("/a ", "connection: close\r\n") && test.stream.isFinished)
        #expect(test.responder.requests == ["GET /a"])
    }

    @Test func `an HTTP 1.0 connection is kept if the caller requests it`() {
        let test = TestConnection()
        test.stream.receive("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(test.stream.taken() == Self.answer("/a ", "connection: keep-alive\r\n") && !test.stream.isFinished)
        test.stream.receive("GET /b HTTP/1.0\r\n\r\n")
        #expect(test.stream.taken() == Self.answer("/b ", "connection: close\r\n") && test.stream.isFinished)
    }

    @Test func `the buffer of a long body grows to its size in two steps, and not before a sixteenth has arrived`() {
        let test = TestConnection()
        let (size, piece) = (20 << 20, [UInt8](repeating: 0x78, count: 64 << 10))
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
        var capacities: [Int] = []
        for arrived in 1..<size / piece.count {
            test.stream.receive(piece)
            let capacity = test.connection?.request.body.capacity ?? 0
            #expect(capacity < max(2 << 20, 17 * arrived * piece.count))
            if capacity != capacities.last { capacities.append(capacity) }
        }
        #expect(capacities.map { $0 >> 20 } == [1, 8, 20])
    }

    @Test func `an empty line after a body is not the beginning of a request`() {
        let test = TestConnection()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\r\n")
        #expect(test.connection?.state.isTimed == false)
        test.stream.endInput()
        #expect(test.stream.text == Self.answer("/a hi"))
        test.turn()
        #expect(test.hasEnded)
    }

    // MARK: Refusals

    /// Expands a shortened message, which keeps the list of cases readable.
    private func full(_ text: String) -> String {
        text.replacing("LONG", with: String(repeating: "a", count: 70_000))
            .replacing("MANY", with: String(repeating: "X: 1\r\n", count: 300))
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: x\r\nX: LONG\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: x\r\nMANY\r\n", 431),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), ("\u{16}\u{3}\u{1} hello\r\n\r\n", 400),
    ])
    func `bytes that are not a request are refused, and the connection is closed`(_ text: String, status: Int) {
        let test = TestConnection()
        test.stream.receive(full(text))
        #expect(test.stream.text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(test.stream.text.contains("content-type: application/problem+json\r\n"))
        #expect(test.stream.text.contains("connection: close\r\n") && test.stream.text.contains("\"detail\":"))
        let answer = test.stream.text
        test.stream.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(test.stream.text == answer && test.responder.requests.isEmpty && test.stream.isFinished)
    }

    @Test func `the product decides what a refusal says`() {
        let test = TestConnection {
            $0.bodyLimit = 3
            $0.refusal = { .problem(status: $0.status, title: $0.title, detail: "\($0.detail); raise \"it\"") }
        }
        test.stream.receive("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlong\r\n")
        #expect(
            test.stream.text.hasSuffix(
                #"{"type":"about:blank","title":"The request body is too large","status":413,"detail":"a request body may have at most 3 bytes; raise \"it\""}"#
                    + "\n"))
    }

    @Test(arguments: [
        "HEAD / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\nMANY\r\n",
    ])
    func `a refused HEAD has no body`(_ text: String) {
        let test = TestConnection()
        test.stream.receive(full(text))
        #expect(test.stream.text.hasPrefix("HTTP/1.1 4") && test.stream.text.hasSuffix("\r\n\r\n"))
    }

    @Test func `what a refused caller still sends is read and dropped until it has ended`() {
        let test = TestConnection()
        test.stream.receive("GET / HTTP/1.1\r\n\r\n")
        for _ in 0..<16 { test.stream.receive([UInt8](repeating: 0, count: 65_536)) }
        #expect(test.connection?.input.isEmpty == true && !test.stream.isClosed && test.stream.isReading)
        test.stream.endInput()
        test.turn()
        #expect(test.hasEnded)
    }

    @Test func `an oversized length with Expect is refused without 100 Continue`() {
        let test = TestConnection { $0.bodyLimit = 3 }
        test.stream.receive("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        #expect(test.stream.text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `a caller that waits for 100 Continue gets it`() {
        let test = TestConnection()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(test.stream.taken() == "HTTP/1.1 100 Continue\r\n\r\n")
        test.stream.receive("ok")
        #expect(test.stream.taken() == Self.answer("/a ok"))
    }

    @Test(arguments: ["HTTP/1.0", "HTTP/1.1"])
    func `a caller that does not wait for 100 Continue does not get it`(_ version: String) {
        let test = TestConnection()
        test.stream.receive("POST /a \(version)\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        if version == "HTTP/1.0" { #expect(test.stream.text.isEmpty) }
        let other = TestConnection()
        other.stream.receive("POST /a \(version)\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok")
        #expect(other.stream.text.hasPrefix("HTTP/1.1 200 "))
    }

    // MARK: Ends

    @Test func `a caller that has closed its half still gets the responses`() {
        let test = TestConnection()
        var waiting: [HTTPConnection] = []
        let late = TestConnection { _ in
        } _: {
            waiting.append($1)
        }
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        test.stream.endInput()
        #expect(test.stream.text == Self.answer("/a ") && test.stream.isFinished)
        late.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        late.stream.endInput()
        waiting[0].respond(HTTPResponse(status: 200, text: "1"))
        #expect(late.stream.taken() == Self.answer("1") && !late.stream.isFinished)
        waiting[0].respond(HTTPResponse(status: 200, text: "2"))
        #expect(late.stream.taken() == Self.answer("2", "connection: close\r\n") && late.stream.isFinished)
    }

    @Test(arguments: ["POST /a HTTP/1.1\r\nContent-Le", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"])
    func `a request that is cut off is refused`(_ text: String) {
        let test = TestConnection()
        test.stream.receive(text)
        test.stream.endInput()
        #expect(
            test.stream.text.hasPrefix("HTTP/1.1 400 ") && test.stream.text.contains("before the request was complete"))
        #expect(test.responder.requests.isEmpty)
    }

    @Test func `the responder is told once that a caller has disconnected, and nothing is sent`() {
        var leavings = 0
        var waiting: [HTTPConnection] = []
        let test = TestConnection { _ in
        } _: { _, connection in
            connection.onDisconnect = { leavings += 1 }
            waiting.append(connection)
        }
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(!waiting[0].isClosed)
        test.stream.reset()
        #expect(leavings == 1 && test.hasEnded && waiting[0].isClosed)
        waiting[0].respond(HTTPResponse(status: 200, text: "late"))
        #expect(test.stream.text.isEmpty)
    }

    @Test func `a disconnect after the response is not reported`() {
        var leavings = 0
        let test = TestConnection { _ in
        } _: { _, connection in
            connection.onDisconnect = { leavings += 1 }
            connection.respond(HTTPResponse(status: 204))
        }
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        test.stream.reset()
        #expect(leavings == 0 && test.hasEnded)
    }

    @Test func `the host counts as disconnected as soon as it closes its half`() {
        var leavings = 0
        var waiting: [HTTPConnection] = []
        let test = TestConnection { _ in
        } _: { _, connection in
            connection.onDisconnect = { leavings += 1 }
            waiting.append(connection)
        }
        test.responder.hostLeaves = true
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        test.stream.endInput()
        #expect(leavings == 1)
        waiting[0].respond(HTTPResponse(status: 500, text: ""))
        #expect(test.stream.isFinished && leavings == 1)
    }

    @Test func `drain closes an idle connection at once, and another after its response`() {
        let idle = TestConnection()
        idle.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.connection?.drain()
        idle.turn()
        #expect(idle.hasEnded)
        var waiting: [HTTPConnection] = []
        let busy = TestConnection { _ in
        } _: {
            waiting.append($1)
        }
        busy.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        busy.connection?.drain()
        #expect(!busy.stream.isFinished && !busy.stream.isClosed)
        waiting[0].respond(HTTPResponse(status: 200, text: "last"))
        #expect(busy.stream.text == Self.answer("last", "connection: close\r\n") && busy.stream.isFinished)
    }

    // MARK: Time

    @Test(arguments: ["GET /a HT", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"])
    func `a request that is not complete in time is refused`(_ text: String) {
        let test = TestConnection { $0.patience = .milliseconds(5) }
        test.stream.receive(text)
        test.loop.schedule(after: .milliseconds(40)) { test.stream.endInput() }
        test.runToEnd()
        #expect(test.stream.text.hasPrefix("HTTP/1.1 408 ") && test.responder.requests.isEmpty)
    }

    @Test func `a caller that reads nothing is disconnected`() {
        let test = TestConnection { $0.stall = .milliseconds(5) }
        test.stream.room = 10
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        test.runToEnd()
        #expect(test.hasEnded)
    }

    // MARK: Room

    @Test func `no request begins while the caller does not read`() {
        let body = [UInt8](repeating: 0x78, count: 100_000)
        let test = TestConnection { _ in
        } _: {
            $1.respond(HTTPResponse(status: 200, contentType: "a/b", body: body))
        }
        test.stream.room = 0
        let request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        test.stream.receive(request + request + request)
        test.stream.receive(request)
        #expect(test.responder.requests.count == 1)
        test.stream.take(50_000)
        #expect(test.responder.requests.count == 1)
        test.stream.take()
        #expect(test.responder.requests.count == 2)
        test.stream.take()
        test.stream.take()
        #expect(test.responder.requests.count == 4)
    }

    @Test func `while a request is answered, a limited amount is read`() {
        var waiting: [HTTPConnection] = []
        let test = TestConnection { _ in
        } _: {
            waiting.append($1)
        }
        let request = Array("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        test.stream.receive(request)
        var count = 1
        while test.stream.isReading {
            test.stream.receive(request)
            count += 1
        }
        #expect(count * request.count > 60_000 && count * request.count < 70_000)
        waiting[0].respond(HTTPResponse(status: 204))
        #expect(test.stream.isReading)
        for _ in 1..<count { waiting[0].respond(HTTPResponse(status: 204)) }
        #expect(test.responder.requests.count == count && test.connection?.input.isEmpty == true)
    }
}
