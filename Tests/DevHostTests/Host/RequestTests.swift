import EventLoop
import Foundation
import Glibc
import HTTP
import HTTP1
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Callers' own requests, forwarded and proxied.
@Suite struct RequestTests {
    init() { MainLoopThread.start() }

    private static let files = ["f/function.json": TemporaryApp.httpFunction]
    private static let forwarded = #", "enableForwardingHttpRequest": true"#
    private static let proxied = #", "enableProxyingHttpRequest": true"#

    @Test func `a header of the handler that is not valid HTTP is reported and left out`() async throws {
        let server = try CannedServer([
            "/": CannedServer.response("404 Not Found"),
            "/api/f": CannedServer.response(
                "200 OK\r\nGood: yes\r\nBad name: no\r\nBad: a\u{1}b\r\nAlso: fine", [1, 2]),
        ])
        let host = try await HostInProcess(Self.files, handlerPort: server.port, options: Self.forwarded)
        let reply = try await RawConnection.request("/api/f", method: "GET", port: host.port)
        #expect(reply.status == 200 && reply.body == [1, 2])
        #expect(reply.headers["good"] == "yes" && reply.headers["also"] == "fine" && reply.headers["bad"] == nil)
        let warnings = try await host.end(of: "f").warnings
        #expect(warnings.count == 2)
        #expect(warnings.allSatisfy { $0.contains("is not a valid HTTP header") }, "\(warnings)")
        try await host.stop()
    }

    @Test func `a forwarded request is changed as the real host changes it`() async throws {
        let handler = try await PlayedHandler { _, connection in
            let fields: HTTPFields = ["X-Own": "1", "Location": "/else"]
            connection.respond(HTTPResponse(status: 418, fields: fields, body: .bytes([7])))
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.forwarded)
        let reply = try await RawConnection.request(
            "/api/f?a=1&a=2&b=x%20y", port: host.port,
            headers: ["Content-Encoding": "odd", "User-Agent": "me", "Expires": "0", "X-Mine": "2"], body: [1, 2, 3])
        #expect(reply.status == 418 && reply.body == [7] && reply.headers["x-own"] == "1")
        #expect(reply.headers["location"] == "/else" && reply.headers["content-length"] == "1")
        let received = try #require(await handler.received.first)
        #expect(received.method == "POST" && received.target == "/api/f?a=1,2&b=x%20y" && received.body == [1, 2, 3])
        #expect(received.fields.values("user-agent") == ["me Azure-Functions-Host/4.1037.0.0"])
        let port = await host.port
        #expect(received.fields.first("x-mine") == "2" && received.fields.first("host") == "127.0.0.1:\(port)")
        #expect(!received.fields.contains("content-encoding") && !received.fields.contains("expires"))
        try await host.stop()
        await handler.stop()
    }

    @Test func `the response to a forwarded HEAD has the handler's length`() async throws {
        let handler = try await PlayedHandler { _, connection in
            connection.respond(HTTPResponse(status: 200, body: .bytes([1, 2, 3])))
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.forwarded)
        let request = Array("HEAD /api/f HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let response = try #require(try RawMessage.response(to: request, port: await host.port))
        #expect(response.headers.map { "\($0.name): \($0.value)" } == ["content-length: 3"])
        let missing = Array("HEAD /api/none HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        #expect(try RawMessage.response(to: missing, port: await host.port)?.headers.isEmpty == true)
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [
        (
            "Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n",
            "the request's body comes in chunks, and the host fails to forward it; send a Content-Length, or let the host "
                + "proxy requests (enableProxyingHttpRequest)"
        ),
        (
            "Content-Type: x;;\r\nContent-Length: 3", "abc",
            "the request's Content-Type 'x;;' is malformed, and the host fails to forward it; send a type such as "
                + "application/json"
        ),
    ])
    func `what the host fails to forward never reaches the handler, and the reason is told`(
        _ fields: String, _ body: String, _ reason: String
    ) async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.forwarded)
        let connection = try await RawConnection(port: host.port)
        connection.send("POST /api/f HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)")
        #expect(connection.response()?.status == 500)
        #expect(try await host.end(of: "f").failure == reason)
        #expect(await handler.received.isEmpty)
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [
        ("text/plain", true), ("Text/Plain; charset=utf-8", true), (#"a/b;c="d;e";f"#, true), ("a / b ; c = d", true),
        ("a/b;c=", true), (#"a/b;c="d\"e""#, true), ("x;;", false), ("text", false), ("a/b;", false), ("a/b/c", false),
        ("a/b, c/d", false), (#"a/b;c="d"#, false), ("a/b;=d", false), ("/b", false), ("a b/c", false),
    ])
    func `a content type is read as .NET reads it`(_ text: String, _ isValid: Bool) {
        #expect(MediaTypeSyntax.isValid(text) == isValid)
    }

    @Test func `headers come in Kestrel's order and spelling, repeated ones in one line`() throws {
        let request = try HTTPRequest(
            target: "/",
            fields: [
                "X-Own": "1", "cookie": "a=1", "content-length": "0", "x-own": "2", "user-agent": "me", "COOKIE": "b=2",
                "traceparent": "t", "Host": "h", "accept": "*/*",
            ])
        let lines = CallerFields(request).lines.map { "\($0.name): \($0.value)" }
        #expect(
            lines == [
                "Accept: */*", "Host: h", "User-Agent: me", "Cookie: a=1; b=2", "traceparent: t", "Content-Length: 0",
                "X-Own: 1, 2",
            ])
    }

    @Test func `a route whose pattern .NET cannot read is answered with 500, and a target that is not ASCII with 400`()
        async throws
    {
        let files = [
            "f/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "{x:regex(a++)}" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """
        ]
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let host = try await HostInProcess(files, handlerPort: await handler.port)
        #expect(try await RawConnection.request("/api/a", method: "GET", port: host.port).status == 500)
        try await host.waitForLine(
            containing: "GET /api/a: 500, function 'f': .NET cannot read the pattern 'a++': a repetition follows the "
                + "repetition '+'")
        for target in ["/api/é", "/?é"] {
            #expect(try await RawConnection.request(target, method: "GET", port: host.port).status == 400)
        }
        try await host.stop()
        await handler.stop()
    }

    @Test func `header values that are not UTF-8 are passed on unchanged, in both directions`() async throws {
        let handler = try await PlayedHandler { request, connection in
            var response = HTTPResponse(status: 200)
            request.fields.forEachBytes { name, value in
                if String(decoding: name.withUnsafeBytes { Array($0) }, as: UTF8.self) == "X-Odd" {
                    response.fields.add(name, value)
                }
            }
            connection.respond(response)
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.forwarded)
        let connection = try await RawConnection(port: host.port)
        connection.send(Array("GET /api/f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Odd: ".utf8) + [0xe9, 0xff])
        connection.send("\r\n\r\n")
        #expect(connection.rest().firstRange(of: Array("X-Odd: ".utf8) + [0xe9, 0xff] + Array("\r\n".utf8)) != nil)
        try await host.stop()
        await handler.stop()
    }

    @Test func `a proxied request keeps its target and its headers`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let files = [
            "f/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "{*rest}" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """
        ]
        let host = try await HostInProcess(files, handlerPort: await handler.port, options: Self.proxied)
        let connection = try await RawConnection(port: host.port)
        connection.send(
            "GET /api/a//{x}?b=1&b='2' HTTP/1.1\r\nHost: caller.example\r\nX-Azure-Functions-InvocationId: mine\r\n"
                + "Content-Encoding: odd\r\nTE: trailers\r\n\r\n")
        #expect(connection.response()?.status == 204)
        let received = try #require(await handler.received.first)
        #expect(received.target == "/api/a//{x}?b=1&b='2'")
        #expect(received.fields.first("x-forwarded-host") == "caller.example")
        #expect(received.fields.first("host") == "127.0.0.1:\(await handler.port)")
        #expect(received.fields.values("x-azure-functions-invocationid").count == 1)
        #expect(received.fields.first("x-azure-functions-invocationid") == received.fields.first("x-ms-invocation-id"))
        #expect(received.fields.first("content-encoding") == "odd" && !received.fields.contains("te"))
        try await host.stop()
        await handler.stop()
    }

    @Test func `an empty Host is left out, forwarded and proxied`() async throws {
        for options in [Self.forwarded, Self.proxied] {
            let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
            let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: options)
            let connection = try await RawConnection(port: host.port)
            connection.send("GET /api/f HTTP/1.1\r\nHost:\r\n\r\n")
            #expect(connection.response()?.status == 204)
            let received = try #require(await handler.received.first)
            #expect(received.fields.values("host") == ["127.0.0.1:\(await handler.port)"])
            try await host.stop()
            await handler.stop()
        }
    }

    @Test func `a caller has to wait while the handler does not read, and then its whole body arrives`() async throws {
        let reader = await SlowReader()
        let handler = try await PlayedHandler(streams: true) { _, connection in reader.take(connection) }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.proxied)
        // A request that arrives before the host serves is read completely first.
        _ = try await RawConnection.request("/", method: "GET", port: host.port)
        // The system itself may buffer 36 MB for each of the two connections.
        let size = 96 << 20
        let connection = try await Filler(port: host.port)
        connection.send("POST /api/f HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
        let taken = connection.fill(upTo: size)
        #expect(taken < size)
        await reader.goOn()
        connection.fillRest(size - taken)
        #expect(connection.answer().hasSuffix("\(size) true"))
        try await host.stop()
        await handler.stop()
    }

    @Test func `a proxied body over the limit ends the exchange`() async throws {
        let ends = AsyncStream<Bool>.makeStream()
        let handler = try await PlayedHandler(streams: true) { _, connection in
            connection.onBody = { _ in }
            connection.onBodyEnd = { ends.continuation.yield($0) }
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.proxied)
        let known = try await RawConnection(port: host.port)
        known.send("POST /api/f HTTP/1.1\r\nHost: x\r\nContent-Length: \(HostServer.defaultBodyLimit + 1)\r\n\r\n")
        #expect(known.response()?.status == 500)
        #expect(await handler.received.isEmpty)
        let chunked = try await RawConnection(port: host.port)
        chunked.send("POST /api/f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        let piece = Array("1000000\r\n".utf8) + [UInt8](repeating: 0, count: 1 << 24) + Array("\r\n".utf8)
        for _ in 0..<7 { chunked.send(piece) }
        let reply = try #require(chunked.response())
        #expect(reply.status == 500 && reply.body.isEmpty && reply.headers["connection"] == "close")
        #expect(try await host.end(of: "f").failure?.contains("larger than 104857600 bytes") == true)
        try await host.stop()
        await handler.stop()
        for await isComplete in ends.stream {
            #expect(!isComplete)
            break
        }
    }

    @Test func `a caller that disconnects from a proxied response ends the handler's exchange`() async throws {
        let left = AsyncStream<Void>.makeStream()
        let handler = try await PlayedHandler { _, connection in
            connection.onDisconnect = { left.continuation.yield() }
            let fields: HTTPFields = ["Content-Type": "text/event-stream"]
            connection.respond(HTTPResponse(status: 200, fields: fields, body: .streamed))
            connection.write("data: 1\n\n".utf8Span.span.bytes)
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.proxied)
        let connection = try await RawConnection(port: host.port)
        connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connection.head()?.status == 200)
        #expect(connection.chunk() == Array("data: 1\n\n".utf8))
        connection.reset()
        for await _ in left.stream { break }
        #expect(try await host.end(of: "f").failure == nil)
        try await host.stop()
        await handler.stop()
    }

    @Test func `a caller can tell that a proxied response was cut off`() async throws {
        let server = try CannedServer([
            "/": CannedServer.response("404 Not Found"),
            "/api/f": Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n".utf8),
        ])
        let host = try await HostInProcess(Self.files, handlerPort: server.port, options: Self.proxied)
        let connection = try await RawConnection(port: host.port)
        connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connection.head()?.status == 200)
        #expect(connection.chunk() == Array("abc".utf8))
        #expect(connection.chunk() == nil)
        try await host.stop()
    }
}

/// A handler that reads nothing of a body until it is told to.
@MainLoop
private final class SlowReader {
    private var connection: HTTPConnection?
    private var reads = false
    private var count = 0

    func take(_ connection: HTTPConnection) {
        self.connection = connection
        if !reads { connection.pauseBody() }
        connection.onBody = { [self] in count += $0.byteCount }
        connection.onBodyEnd = { [self] isComplete in
            connection.respond(HTTPResponse(status: 200, text: "\(count) \(isComplete)"))
        }
    }

    func goOn() {
        reads = true
        connection?.resumeBody()
    }
}

/// Sends as much as the receiver accepts.
private final class Filler {
    private let descriptor: Int32
    private static let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)

    init(port: Int) throws {
        descriptor = try RawConnection.connectedDescriptor(port: port)
        limit(to: 1)
    }

    deinit { close(descriptor) }

    private func limit(to seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    func send(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Stops when nothing was accepted for a second.
    func fill(upTo count: Int) -> Int {
        var sent = 0
        while sent < count {
            let more = Self.piece.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, min($0.count, count - sent), Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { break }
            sent += more
        }
        return sent
    }

    func fillRest(_ count: Int) {
        limit(to: 60)
        _ = fill(upTo: count)
    }

    func answer() -> String {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: answer, as: UTF8.self).hasSuffix("e") {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
