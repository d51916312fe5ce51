import EventLoop
import HTTP1
import LoopTesting
import Testing

@testable import HTTP

/// Time-outs, cancelling, and connections that end while they are kept. The server says nothing more than is written here,
/// so each limit must pass: no test depends on how long that takes.
@Suite struct TimeTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"

    @Test(arguments: ["", "HTTP/1.1 200", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `a head that does not come has a limit`(_ text: String) async throws {
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
    func `all of a response has a limit`(_ text: String) async throws {
        try await withClient {
            $0.write(text)
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.timeout = .milliseconds(30)
            #expect(await client.failure(of: request) == .timeout(.whole))
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    @Test func `the limit for the first byte is none for the rest`() async throws {
        try await withClient { exchange in
            exchange.write(Self.head)
            exchange.connection.later = { exchange.write("0123456789") }
        } _: { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            var limit = Duration.milliseconds(50)
            var response: ClientResponse?
            // On a busy machine the head may take longer.
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
    @Test func `to connect has a limit`() async throws {
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

    @Test func `an absurd limit is none`() async throws {
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

    @Test func `who lets go of a response ends its request`() async throws {
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
    func `what may be sent twice is sent again where a kept connection had ended`(_ method: HTTPMethod) async throws {
        try await withClient { exchange in
            exchange.number == 1 ? exchange.respond(exchange.head.hasPrefix("HEAD") ? "" : "ok") : exchange.close()
        } _: { client, server async throws in
            for _ in 0..<2 { #expect(try await client.reply(ClientRequest(method, server.url())).status == 200) }
            #expect(server.requests.count == 3 && server.connections.count == 2)
        }
    }

    @Test(arguments: [HTTPMethod.post, .patch, .other("X")])
    func `what may have had an effect is not sent again`(_ method: HTTPMethod) async throws {
        try await withClient(answer: Self.endsSecond) { client, server async throws in
            #expect(await client.failure(of: try ClientRequest(.get, server.url())) == nil)
            guard case .closed = await client.failure(of: try ClientRequest(method, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a request is sent again once, and not on a new connection`() async throws {
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

    @Test func `an answer that has begun is not asked for again`() async throws {
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

    @Test func `a kept connection that ends is not used`() async throws {
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

    @Test func `a kept connection on which the server says something is not used`() async throws {
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

    @Test func `more requests than connections wait for their turn`() async throws {
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

    @Test func `to wait for a connection has a limit, and leaves the others in peace`() async throws {
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
