import HTTP1
import LoopTesting
import Testing

@testable import HTTP

/// Tests that nothing a server sends causes more than an error of the call.
@Suite struct EvilServerTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

    /// The server sends the bytes and ends the connection.
    @Test(
        arguments: [
            ("HTTP/1.1 99 Low\r\n\r\n", .response(.status)), ("HTTP/1.1 000 None\r\n\r\n", .response(.status)),
            ("HTTP/1.1 1000 High\r\n\r\n", .response(.status)), ("HTTP/1.1 -20 Odd\r\n\r\n", .response(.status)),
            ("HTTP/1.1 99999999999999999999 High\r\n\r\n", .response(.status)),
            ("what is this\r\n\r\n", .response(.statusLine)), ("HTTP/2.0 200 OK\r\n\r\n", .response(.version)),
            ("HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n\r\n", .response(.statusLine)),
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", nil),
            (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000), nil),
            (ok + String(repeating: "X: 1\r\n", count: 300) + "\r\n", .response(.tooLarge(HeadLimits()))),
            (ok + "X: " + String(repeating: "a", count: 70_000), .response(.tooLarge(HeadLimits()))),
            (ok + "X: " + String(repeating: "a", count: 70_000) + "\r\n\r\n", .response(.tooLarge(HeadLimits()))),
            (ok + "A : b\r\n\r\n", .response(.fieldName)), (ok + "A: b\r\n c\r\n\r\n", .response(.foldedField)),
            (ok + "A: \u{0}\r\n\r\n", .response(.fieldValue)), (ok + "A: b\n\n", .response(.lineEnd)),
            (ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .response(.ambiguousLength)),
            (ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", .response(.contentLength)),
            (ok + "Content-Length: -1\r\n\r\n", .response(.contentLength)),
            (ok + "Content-Length: 9223372036854775808\r\n\r\n", .response(.contentLength)),
            (ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", .response(.transferEncoding)),
            (chunked + "8000000000000000\r\nabc", .chunk(.size)),
            (chunked + "ffffffffffffffffff\r\nabc", .chunk(.size)),
            (chunked + "zz\r\n", .chunk(.size)), (chunked + "3\r\nabcd\r\n0\r\n\r\n", .chunk(.lineEnd)),
            (chunked + "3;" + String(repeating: "a", count: 9000), .chunk(.tooLarge)),
            (chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 5000), .chunk(.tooLarge)),
            (chunked + "0\r\nnonsense\r\n\r\n", .chunk(.trailer)),
            // The connection ends too early.
            ("", .closed(nil)), ("HTTP/1.1 20", .closed(nil)), (ok, .closed(nil)), (ok + "Content-Le", .closed(nil)),
            (ok + "Content-Length: 10\r\n\r\nabc", .closed(nil)), (chunked, .closed(nil)),
            (chunked + "3\r\nabc\r\n", .closed(nil)), (chunked + "3\r\nabc\r\n0\r\n", .closed(nil)),
            (chunked + "7fffffffffffffff\r\nabc", .closed(nil)),
            (ok + "Content-Length: 9223372036854775807\r\n\r\nabc", .closed(nil)),
            ("HTTP/1.1 100 Continue\r\n\r\n", .closed(nil)),
        ] as [(String, HTTPClientError?)])
    func `an invalid response is an error`(_ text: String, _ error: HTTPClientError?) async throws {
        try await withClient { exchange in
            // Data after the connection was closed has no effect.
            exchange.write(text)
            exchange.finish()
        } _: { client, server async throws in
            for method in [HTTPMethod.get, .post] {
                let failure = await client.failure(of: try ClientRequest(method, server.url()))
                if let error {
                    #expect(failure == error)
                } else if case .protocolBroken = failure {
                } else {
                    Issue.record("\(String(describing: failure))")
                }
            }
        }
    }

    @Test func `an endless body ends at the caller's limit, and the connection is closed`() async throws {
        let piece = "400\r\n" + String(repeating: "x", count: 1024) + "\r\n"
        try await withClient { exchange in
            exchange.write(Self.chunked)
            exchange.connection.floods(with: piece)
        } _: { client, server async throws in
            let request = try ClientRequest(.get, server.url())
            #expect(await client.failure(of: request, upTo: 100_000) == .limit(100_000))
            try await server.waiter.wait(for: "the end of the connection") { server.openConnections == 0 }
        }
    }

    @Test func `a reset is an error`() async throws {
        try await withClient { exchange in
            exchange.write(Self.ok + "Content-Length: 10\r\n\r\nabc")
            exchange.reset()
        } _: { client, server async throws in
            guard case .closed = await client.failure(of: try ClientRequest(.get, server.url())) else {
                return #expect(Bool(false))
            }
        }
    }
}
