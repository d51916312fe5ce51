import Compression
import EventLoop
import Foundation
import HTTP1
import LoopTesting
import Testing

@testable import HTTP

/// Tests streams in both directions, and compressed bodies.
@Suite struct BodyTests {
    private static let megabyte = [UInt8](repeating: 0x78, count: 1 << 20)

    // MARK: Requests

    @Test(arguments: [nil, 9])
    func `a streamed body is sent as it comes`(_ length: Int?) async throws {
        try await withClient {
            $0.respond(String(decoding: $0.body, as: UTF8.self))
        } _: { client, server async throws in
            let body = ClientRequest.Body.stream(length: length) { call in
                for piece in ["one", "", "two", "six"] { call.write(Array(piece.utf8).span.bytes) }
                call.endBody()
            }
            #expect(try await client.reply(ClientRequest(.post, server.url(), body: body)).text == "onetwosix")
            #expect(server.requests[0].contains(length == nil ? "Transfer-Encoding: chunked" : "Content-Length: 9"))
            #expect(try await client.reply(server.url()).status == 200 && server.connections.count == 1)
        }
    }

    @Test(arguments: ["short", "much too long"])
    func `a streamed body with another length than announced is an error`(_ text: String) async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            let body = ClientRequest.Body.stream(length: 9) { call in
                call.write(Array(text.utf8).span.bytes)
                call.endBody()
            }
            guard case .request = await client.failure(of: try ClientRequest(.post, server.url(), body: body)) else {
                return #expect(Bool(false))
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a streamed body that is cut off can be distinguished from a complete one`() async throws {
        try await withClient {
            $0.respond()
        } _: { client, server async throws in
            let body = ClientRequest.Body.stream(length: nil) { call in
                call.write(Array("abc".utf8).span.bytes)
                call.endBody(isComplete: false)
            }
            guard case .request = await client.failure(of: try ClientRequest(.post, server.url(), body: body)) else {
                return #expect(Bool(false))
            }
            try await server.waiter.wait(for: "the end") { server.openConnections == 0 }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a server that does not read makes the writer wait`() async throws {
        try await onLoop { loop in
            var connections: [TCPStream] = []
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            listener.accepted = { if let stream = try? TCPStream(loop, descriptor: $0) { connections.append(stream) } }
            let client = HTTPClient(loop)
            let waiter = Waiter(loop)
            var written = 0
            var rooms = 0
            let body = ClientRequest.Body.stream(length: nil) { call in
                func fill() {
                    while call.isWritable, written < 64 << 20 {
                        call.write(Self.megabyte.span.bytes)
                        written += Self.megabyte.count
                    }
                    call.onWritable = {
                        rooms += 1
                        fill()
                    }
                    waiter.changed()
                }
                fill()
            }
            let request = try ClientRequest(.post, "http://localhost:\(listener.address.port)/", body: body)
            let recorder = CallRecorder(client, on: loop, request)
            try await waiter.wait(for: "a full queue") { written > 0 }
            let before = written
            #expect(before < 64 << 20)
            // The server begins to read now.
            let reader = StreamRecorder(connections[0], on: loop)
            try await waiter.wait(for: "room") { rooms > 0 && written > before }
            reader.stream.close()
            #expect(try await recorder.ended() != nil)
            client.close()
            listener.close()
        }
    }

    @Test func `a response may arrive before the request is sent completely`() async throws {
        try await withClient { _ in
        } _: { client, server async throws in
            var call: ClientCall?
            let body = ClientRequest.Body.stream(length: 10) { call = $0 }
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.post, server.url(), body: body))
            try await server.waiter.wait(for: "the head") { server.connections.first?.received.isEmpty == false }
            server.connections[0].stream.write("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")
            #expect(try await recorder.ended() == nil && recorder.head?.status == 413 && recorder.text == "no")
            // Data that is written now is dropped.
            call?.write(Self.megabyte.span.bytes)
            call?.endBody()
            try await server.waiter.wait(for: "the end") { server.openConnections == 0 }
        }
    }

    // MARK: Responses

    @Test func `a caller that does not read makes the server wait`() async throws {
        try await withClient { exchange in
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            exchange.connection.floods(with: "400\r\n\(String(repeating: "x", count: 1024))\r\n")
        } _: { client, server async throws in
            let response = try await client.execute(ClientRequest(.get, server.url()))
            let stream = server.connections[0].stream
            try await server.waiter.wait(for: "a full queue") { stream.isFull }
            for _ in 0..<20 { await client.loop.nextPoll() }
            #expect(stream.isFull)
            // Reading continues where it stopped.
            var count = 0
            while count < 20 << 20, let piece = try await response.next() {
                #expect(piece.allSatisfy { $0 == 0x78 })
                count += piece.count
            }
            #expect(count >= 20 << 20)
        }
    }

    @Test func `data that arrives during a pause is delivered afterwards`() async throws {
        try await withClient { exchange in
            if exchange.number > 1 { return exchange.respond() }
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
            exchange.connection.later = { exchange.write("def") }
        } _: { client, server async throws in
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.get, server.url()))
            try await recorder.waiter.wait(for: "a piece") { recorder.text == "abc" }
            recorder.call?.pause()
            server.connections[0].later?()
            for _ in 0..<5 { await client.loop.nextPoll() }
            #expect(recorder.text == "abc" && recorder.end == nil)
            recorder.call?.resume()
            #expect(try await recorder.ended() == nil && recorder.text == "abcdef")
            #expect(try await client.reply(server.url()).status == 200 && server.connections.count == 1)
        }
    }

    // MARK: Packed

    private static let gzip = Data(base64Encoded: "H4sIAAAAAAACA8tIzcnJV0ivyiwAABlq0t8KAAAA").map { [UInt8]($0) } ?? []

    private func packed(
        _ bytes: [UInt8], _ coding: String, framed: Bool = true
    ) -> @Sendable (RawExchange) -> Void {
        { exchange in
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\nContent-Encoding: \(coding)\r\n\r\n")
            exchange.write(bytes)
        }
    }

    private func request(_ url: String) throws -> ClientRequest {
        var request = try ClientRequest(.get, url)
        request.decodes = true
        return request
    }

    @Test(arguments: ["gzip", "GZip", "x-gzip"])
    func `a compressed body is decompressed on request`(_ coding: String) async throws {
        try await withClient(answer: packed(Self.gzip, coding)) { client, server async throws in
            #expect(try await client.reply(request(server.url())).text == "hello gzip")
            #expect(server.requests[0].contains("Accept-Encoding: gzip, deflate\r\n"))
            #expect(try await client.reply(server.url()).body == Self.gzip)
            #expect(!server.requests[1].contains("Accept-Encoding") && server.connections.count == 1)
        }
    }

    @Test(arguments: ["br", "gzip, gzip", "identity", ""])
    func `a body that cannot be decompressed is delivered unchanged`(_ coding: String) async throws {
        try await withClient(answer: packed(Self.gzip, coding)) { client, server async throws in
            #expect(try await client.reply(request(server.url())).body == Self.gzip)
        }
    }

    @Test func `deflate is decompressed, wherever its chunks are cut`() async throws {
        let text = String(repeating: "hello deflate ", count: 1000)
        let bytes = Deflater.deflate(Array(text.utf8), .raw)
        try await withClient { exchange in
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n\r\n")
            for byte in bytes { exchange.write([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a]) }
            exchange.write("0\r\n\r\n")
        } _: { client, server async throws in
            #expect(try await client.reply(request(server.url())).text == text)
        }
    }

    @Test func `a body that is damaged or cut is an error`() async throws {
        for bytes in [Array(Self.gzip.dropLast(4)), Array("no gzip at all".utf8), Self.gzip.map { $0 ^ 1 }] {
            try await withClient(answer: packed(bytes, "gzip")) { client, server async throws in
                guard case .content = await client.failure(of: try request(server.url())) else {
                    return #expect(Bool(false))
                }
            }
        }
    }

    /// 100 MB of zeros, which compress to 100 KB.
    private static let bomb = Deflater.deflate([UInt8](repeating: 0, count: 100 << 20), .raw)

    @Test func `a body that is too large after decompression is an error`() async throws {
        try await withClient(answer: packed(Self.bomb, "deflate")) { client, server async throws in
            var limited = try request(server.url())
            #expect(await client.failure(of: limited, upTo: .max) == .content(.tooLarge(limit: 64 << 20)))
            limited.decodingLimit = 1 << 20
            #expect(await client.failure(of: limited, upTo: .max) == .content(.tooLarge(limit: 1 << 20)))
            #expect(await client.failure(of: limited, upTo: 1000) == .limit(1000))
        }
    }

    @Test func `compressed data is not decompressed while the caller does not read`() async throws {
        try await withClient(answer: packed(Self.bomb, "deflate")) { client, server async throws in
            var request = try request(server.url())
            request.decodingLimit = .max
            let recorder = CallRecorder(client, on: client.loop, request)
            recorder.onBody = { [unowned recorder] in recorder.call?.pause() }
            try await recorder.waiter.wait(for: "a piece") { !recorder.body.isEmpty }
            for _ in 0..<5 { await client.loop.nextPoll() }
            #expect(recorder.body.count < 8 << 20 && recorder.end == nil)
            recorder.onBody = nil
            recorder.call?.resume()
            #expect(try await recorder.ended() == nil && recorder.body.count == 100 << 20)
            // The connection was used by other calls meanwhile, or is free now.
            #expect(try await client.reply(server.url()).status == 200)
        }
    }
}
