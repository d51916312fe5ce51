import EventLoop
import HTTP1
import LoopTesting
import Testing

@testable import HTTP

/// Tests timeouts, cancellation, and kept connections that end. The server sends nothing beyond what is written here,
/// so each limit must expire: no test depends on how long that takes.
@Suite struct TimeTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"

    @Test(arguments: ["", "HTTP/1.1 200", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `the wait for a head is limited`(_ text: String) async throws {
        try await withClient {
            $0.write(text)
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.firstByteTimeout = .milliseconds(30)
            #expect(await client.failure(of: request) == .timeout(.firstByte))
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200", head, head + "abc"])
    func `the time of a whole response is limited`(_ text: String) async throws {
        try await withClient {
            $0.write(text)
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.timeout = .milliseconds(30)
            #expect(await client.failure(of: request) == .timeout(.whole))
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    @Test func `the limit for the first byte does not apply to the rest`() async throws {
        try await withClient { exchange in
            exchange.write(Self.head)
            exchange.connection.later = { exchange.write("0123456789") }
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            var limit = Duration.milliseconds(50)
            var response: ClientResponse?
            // The head may take longer on a busy machine.
            while response == nil, limit < .seconds(60) {
                request.firstByteTimeout = limit
                do throws(HTTPClientError) {
                    response = try await client.execute(request)
                } catch {
                    #expect(error == .timeout(.firstByte))
                    limit = limit * 2
                }
            }
            try await client.loop.sleep(for: limit + .milliseconds(50))
            server.connections.last?.later?()
            #expect(try await response?.collect(upTo: 10).count == 10)
        }
    }

    /// The server accepts and never answers, so it is TLS that takes too long.
    @Test func `the time to connect is limited`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            let client = HTTPClient(loop)
            var request = try ClientRequest(.get, "https://localhost:\(listener.address.port)/")
            request.connectTimeout = .milliseconds(30)
            #expect(await client.failure(of: request) == .timeout(.connect))
            client.close()
            listener.close()
        }
    }

    @Test func `an absurdly large limit counts as no limit`() async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.timeout = .seconds(Int64.max)
            request.firstByteTimeout = .seconds(Int64.max)
            request.connectTimeout = .seconds(Int64.max)
            #expect(await client.failure(of: request) == nil)
        }
    }

    // MARK: Cancelling

    @Test(arguments: ["", head, head + "abc"])
    func `a task that is cancelled ends its request`(_ text: String) async throws {
        try await withClient {
            $0.write(text)
        } _: { client, server async throws in
            let (loop, url) = (client.loop, server.url())
            let task = loop.task {
                let own = HTTPClient(loop)
                defer { own.close() }
                return await own.failure(of: try ClientRequest(.get, url))
            }
            try await server.waiter.wait(for: "a request") { server.requests.count == 1 }
            await loop.nextPoll()
            task.cancel()
            #expect(try await task.value == .cancelled)
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    @Test func `releasing a response ends its request`() async throws {
        try await withClient {
            $0.write(Self.head + "abc")
        } _: { client, server async throws in
            do {
                let response = try await client.execute(ClientRequest(.get, server.url()))
                #expect(response.status == 200)
            }
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    // MARK: Kept connections

    /// The server ends the connection as soon as it gets the second request.
    private static let endsSecond: @Sendable (RawExchange) -> Void = { exchange in
        exchange.number == 1 ? exchange.respond("ok") : exchange.close()
    }

    @Test(arguments: [HTTPMethod.get, .head, .put, .delete, .options])
    func `an idempotent request is sent again if a kept connection had ended`(_ method: HTTPMethod) async throws {
        try await withClient { exchange in
            exchange.number == 1 ? exchange.respond(exchange.head.hasPrefix("HEAD") ? "" : "ok") : exchange.close()
        } _: { client, server async throws in
            for _ in 0..<2 { #expect(try await client.reply(ClientRequest(method, server.url())).status == 200) }
            #expect(server.requests.count == 3 && server.connections.count == 2)
        }
    }

    @Test(arguments: [HTTPMethod.post, .patch, .other("X")])
    func `a request that may have had an effect is not sent again`(_ method: HTTPMethod) async throws {
        try await withClient(answer: Self.endsSecond) { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == nil)
            guard case .closed = await client.failure(of: try ClientRequest(method, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a request is sent again only once, and never after a new connection`() async throws {
        try await withClient { exchange in
            exchange.connection.isFirst && exchange.number == 1 ? exchange.respond("ok") : exchange.close()
        } _: { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == nil)
            guard case .closed = await client.failure(of: try ClientRequest(.get, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a request is not sent again once its response has begun`() async throws {
        try await withClient { exchange in
            if exchange.number == 1 { return exchange.respond("ok") }
            exchange.write("HTTP/1.1 2")
            exchange.finish()
        } _: { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == nil)
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == .closed(nil))
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a kept connection that has ended is not used`() async throws {
        try await withClient {
            $0.respond("ok")
        } _: { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.post, server.url())) == nil)
            server.connections[0].stream.finish()
            try await server.waiter.wait(for: "the end") { server.openConnections == 0 }
            await client.loop.nextPoll()
            #expect(await client.failure(of: try ClientRequest(.post, server.url())) == nil)
            #expect(server.connections.count == 2)
        }
    }

    @Test func `a kept connection on which the server sends data is not used`() async throws {
        try await withClient {
            $0.respond("ok")
        } _: { client, server async throws in
            #expect(try await client.reply(server.url()).text == "ok")
            server.connections[0].stream.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            try await server.waiter.wait(for: "the end") { server.openConnections == 0 }
            #expect(try await client.reply(server.url()).text == "ok")
        }
    }

    @Test func `an unused connection ends after a while`() async throws {
        try await withClient({ $0.idleTimeout = .milliseconds(20) }) {
            $0.respond()
        } _: { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == nil)
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    // MARK: Limits

    @Test func `if there are more requests than connections, they wait`() async throws {
        try await withClient({ $0.connectionsPerOrigin = 2 }) { exchange in
            exchange.connection.later = { exchange.respond(exchange.target) }
        } _: { client, server async throws in
            let recorders = try (0..<5).map {
                CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url("/\($0)")))
            }
            var answered = 0
            while answered < 5 {
                try await server.waiter.wait(for: "a request") { server.connections.contains { $0.later != nil } }
                for connection in server.connections where connection.later != nil {
                    let answer = connection.later
                    connection.later = nil
                    answer?()
                    answered += 1
                }
            }
            for recorder in recorders { #expect(try await recorder.ended() == nil) }
            #expect(recorders.map(\.text) == (0..<5).map { "/\($0)" } && server.connections.count == 2)
        }
    }

    @Test func `the wait for a connection is limited, and does not affect others`() async throws {
        try await withClient({ $0.connectionsPerOrigin = 1 }) { exchange in
            exchange.connection.later = { exchange.respond("ok") }
        } _: { client, server async throws in
            let first = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            try await server.waiter.wait(for: "a request") { server.requests.count == 1 }
            var request = try ClientRequest(.get, server.url())
            request.connectTimeout = .milliseconds(20)
            #expect(await client.failure(of: request) == .timeout(.connect))
            server.connections[0].later?()
            #expect(try await first.ended() == nil && first.text == "ok")
        }
    }
}
