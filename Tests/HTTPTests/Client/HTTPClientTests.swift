import EventLoop
import Glibc
import HTTP1
import LoopTesting
import Testing

@testable import HTTP

/// Tests requests and responses as they are sent over the network.
@Suite struct HTTPClientTests {
    @Test func `a request gets a response`() async throws {
        try await withClient { exchange in
            exchange.respond("hello", status: "201 Created", "X-One: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\n")
        } _: { client, server async throws in
            let reply = try await client.reply(server.url("/a?b=c d"))
            #expect(reply.status == 201 && reply.text == "hello" && reply.fields.first("x-one") == "1")
            #expect(reply.fields.values("Set-Cookie") == ["a", "b"] && "\(reply.url)" == server.url("/a?b=c%20d"))
            #expect(server.requests == ["GET /a?b=c%20d HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n"])
        }
    }

    @Test func `requests to one server share a connection, which is kept open`() async throws {
        try await withClient {
            $0.respond("hello")
        } _: { client, server async throws in
            for _ in 1...3 {
                let reply = try await client.reply(server.url())
                #expect(reply.status == 200 && reply.text == "hello")
            }
            #expect(server.connections.count == 1)
        }
    }

    @Test(arguments: [1, 40, 1000])
    func `a head with odd lines is an error, unless they may be dropped`(_ pieceSize: Int) async throws {
        try await onLoop { loop in
            let server = try RawServer(loop) { exchange in
                var rest = Array(
                    "HTTP/1.1 200 OK\r\nGood: 1\r\nBad name: 2\r\nContent-Length: 5\r\n\r\nhello".utf8)[...]
                func next() {
                    guard !rest.isEmpty else { return }
                    exchange.write(Array(rest.prefix(pieceSize)))
                    rest = rest.dropFirst(pieceSize)
                    loop.perform { next() }
                }
                next()
            }
            let client = HTTPClient(loop)
            defer {
                client.close()
                server.close()
            }
            var request = try ClientRequest(.get, server.url())
            request.dropsOddFields = true
            let response = try await client.execute(request)
            #expect(response.dropped == ["Bad name"] && response.fields.map(\.name) == ["Good", "Content-Length"])
            #expect(try await response.collect(upTo: 10) == Array("hello".utf8))
            request.dropsOddFields = false
            #expect(await client.failure(of: request) == .response(.fieldName))
        }
    }

    @Test func `bodies are sent with their length or in chunks`() async throws {
        try await withClient {
            $0.respond(String(decoding: $0.body, as: UTF8.self))
        } _: { client, server async throws in
            let large = [UInt8](repeating: 0x61, count: 300_000)
            for body in [Array("some text".utf8), [], large] {
                let plain = try await client.reply(ClientRequest(.post, server.url(), body: .bytes(body)))
                let chunked = try await client.reply(ClientRequest(.post, server.url(), body: .chunked(body)))
                #expect(plain.body == body && chunked.body == body)
            }
            #expect(server.requests[0].contains("\r\nContent-Length: 9\r\n"))
            #expect(server.requests[1].contains("\r\nTransfer-Encoding: chunked\r\n"))
            #expect(!server.requests[1].contains("Content-Length"))
            _ = try await client.reply(ClientRequest(.put, server.url()))
            _ = try await client.reply(ClientRequest(.delete, server.url()))
            #expect(server.requests[6].contains("\r\nContent-Length: 0\r\n"))
            #expect(!server.requests[7].contains("Content-Length"))
            #expect(server.connections.count == 1)
        }
    }

    /// The real host sends its payloads in such chunks.
    @Test func `no chunk has more than 1024 bytes`() async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            _ = try await client.reply(
                ClientRequest(.post, server.url(), body: .chunked([UInt8](repeating: 0x78, count: 2500))))
            let sizes = String(decoding: server.connections[0].received, as: UTF8.self)
                .split(separator: "\r\n\r\n", maxSplits: 1)[1].split(separator: "\r\n").filter { $0.utf8.count < 4 }
            #expect(sizes == ["400", "400", "1c4", "0"])
        }
    }

    @Test func `the caller can set target and host byte for byte`() async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            var request = try ClientRequest(
                .other("M-SEARCH"), server.url("/x"), fields: ["host": "y:1", "A": "1", "a": "2"])
            request.target = "/a/../b?%zz|{}ä"
            _ = try await client.reply(request)
            #expect(server.requests == ["M-SEARCH /a/../b?%zz|{}ä HTTP/1.1\r\nHost: y:1\r\nA: 1\r\na: 2\r\n\r\n"])
        }
    }

    @Test func `bytes that are not UTF-8 pass in both directions`() async throws {
        try await withClient { exchange in
            #expect(exchange.connection.received.contains(0xff))
            exchange.write(
                Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ".utf8) + [0xfe, 0x0d, 0x0a, 0x0d, 0x0a, 0, 0xff])
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.fields.add("Y", bytes: [0xff])
            let reply = try await client.reply(request)
            var values: [[UInt8]] = []
            reply.fields.forEachBytes { _, value in values.append(Array(copying: value)) }
            #expect(values.last == [0xfe] && reply.body == [0, 0xff])
        }
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nA: b\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\nhello", false), ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", true),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", false),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true
            ),
        ] as [(String, Bool)], [false, true])
    func `a response is read however it is framed and cut`(
        _ response: (text: String, isKept: Bool), _ isSlow: Bool
    ) async throws {
        let (text, isKept) = response
        let isEndless = !text.contains("Content-Length") && !text.contains("chunked")
        try await withClient { exchange in
            if isSlow { for byte in text.utf8 { exchange.write([byte]) } } else { exchange.write(text) }
            if isEndless { exchange.finish() }
        } _: { client, server async throws in
            for _ in 0..<2 { #expect(try await client.reply(server.url()).text == "hello") }
            #expect(server.connections.count == (isKept ? 1 : 2))
        }
    }

    @Test(
        arguments: [
            ("user:pass", [:], "Basic dXNlcjpwYXNz"), ("a%3Ab:%C3%A4", [:], "Basic YTpiOsOk"), ("u", [:], "Basic dQ=="),
            ("user:pass", ["Authorization": "own"], "own"),
        ] as [(String, HTTPFields, String)])
    func `user and password of a URL become a header`(
        _ userInfo: String, _ fields: HTTPFields, _ credentials: String
    ) async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            let url = server.url().replacing("//", with: "//\(userInfo)@")
            _ = try await client.reply(ClientRequest(.get, url, fields: fields))
            #expect(server.requests[0].contains("\r\nAuthorization: \(credentials)\r\n"))
            #expect(!server.requests[0].contains("@"))
        }
    }

    /// Otherwise they would be read as the response to the next request.
    @Test func `bytes after a response are dropped`() async throws {
        try await withClient { exchange in
            exchange.respond("hello")
            exchange.respond("evil")
        } _: { client, server async throws in
            for _ in 0..<3 { #expect(try await client.reply(server.url()).text == "hello") }
        }
    }

    @Test(
        arguments: [
            (.head, "200 OK\r\nContent-Length: 5"), (.head, "200 OK\r\nTransfer-Encoding: chunked"),
            (.get, "204 No Content"), (.get, "304 Not Modified\r\nContent-Length: 5"), (.head, "200 OK"),
            (.head, "200 OK\r\nContent-Encoding: gzip"),
        ] as [(HTTPMethod, String)])
    func `some responses have no body, whatever their headers say`(_ method: HTTPMethod, _ head: String) async throws {
        try await withClient {
            $0.write("HTTP/1.1 \(head)\r\n\r\n")
        } _: { client, server async throws in
            var request = try ClientRequest(method, server.url())
            request.decodes = true
            for _ in 0..<2 { #expect(try await client.reply(request, upTo: 0).body.isEmpty) }
            #expect(server.connections.count == 1)
        }
    }

    @Test(
        arguments: [
            (.other("A B"), "/", [:], "'A B' is not a method such as GET"),
            (.connect, "/", [:], "CONNECT (tunnels) is not supported"),
            (
                .get, "/ HTTP/1.1\r\nA: b", [:],
                "the target '/ HTTP/1.1\r\nA: b' has spaces, control characters or a #"
            ),
            (.get, "/", ["A B": "c"], "the header 'A B' has a name or a value that cannot be sent"),
            (.get, "/", ["A": "b\r\nC: d"], "the header 'A' has a name or a value that cannot be sent"),
            (.get, "/", ["Host": "x/y"], "the header Host, 'x/y', is not a host and a port"),
        ] as [(HTTPMethod, String, HTTPFields, String)])
    func `a request that could be read as another one is not sent`(
        _ method: HTTPMethod, _ target: String, _ fields: HTTPFields, _ reason: String
    ) async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            var request = try ClientRequest(method, server.url(), fields: fields)
            request.target = target
            #expect(await client.failure(of: request) == .request(reason) && server.connections.isEmpty)
        }
    }

    // MARK: No connection

    @Test func `a server that does not listen can be distinguished from one that answers badly`() async throws {
        try await onLoop { loop in
            let server = try RawServer(loop, text: "")
            let url = server.url()
            server.close()
            let client = HTTPClient(loop)
            #expect(await client.failure(of: try ClientRequest(.get, url)) == .connect(.system(ECONNREFUSED)))
            client.close()
        }
    }

    @Test func `looking up an impossible name fails`() async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            let name = String(repeating: "a.", count: 125) + "test."
            let error = await client.failure(of: try ClientRequest(.get, "http://\(name)/"))
            #expect(error == .name(.unknown(name)))
        }
    }

    // MARK: The callback face

    @Test func `callbacks run in order, and never before send returns`() async throws {
        try await withClient {
            $0.respond("hello")
        } _: { client, server async throws in
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            #expect(recorder.head == nil && recorder.end == nil)
            recorder.onBody = { [unowned recorder] in #expect(recorder.head?.status == 200 && recorder.end == nil) }
            #expect(try await recorder.ended() == nil && recorder.text == "hello")
            let failing = CallRecorder(client, on: client.loop, try ClientRequest(.other(" "), server.url()))
            #expect(failing.end == nil)
            #expect(try await failing.ended() != nil && failing.head == nil)
        }
    }

    @Test func `no callback runs after cancel, wherever it is called from`() async throws {
        try await withClient { exchange in
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
        } _: { client, server async throws in
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            recorder.onBody = { [unowned recorder] in
                recorder.call?.cancel()
                recorder.call?.cancel()
            }
            try await server.waiter.wait(for: "the end of the connection") {
                server.openConnections == 0 && !server.connections.isEmpty
            }
            #expect(recorder.text == "one" && recorder.end == nil)
            let early = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            early.call?.cancel()
            await client.loop.nextPoll()
            await client.loop.nextPoll()
            #expect(early.head == nil && early.end == nil && server.requests.count == 1)
        }
    }

    @Test func `a closed client ends its calls and accepts no others`() async throws {
        try await withClient { _ in
        } _: { client, server async throws in
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            try await server.waiter.wait(for: "a request") { !server.requests.isEmpty }
            client.close()
            #expect(try await recorder.ended() == .cancelled)
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == .cancelled)
        }
    }
}
