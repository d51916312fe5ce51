import LoopTesting
import TLSTesting
import Testing

@testable import EventLoop

/// TLS over TCP.
@Suite struct TLSSocketTests {
    private let contexts: TLSContexts

    init() throws { contexts = try TLSContexts() }

    @Test func `large transfers in both directions at once arrive complete`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
            pair.client.write(bytes.span.bytes)
            pair.client.finish()
            pair.server.write(bytes.span.bytes)
            pair.server.finish()
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(try await pair.serverRecorder.closed() == nil)
            #expect(pair.clientRecorder.received == bytes)
            #expect(pair.serverRecorder.received == bytes)
            #expect(pair.clientRecorder.events.last == .closed(nil))
        }
    }

    @Test func `a reader that pauses makes the writer wait`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            pair.client.write("?")
            try await pair.serverRecorder.bytes(1)
            pair.client.pauseReading()
            let piece = [UInt8](repeating: 7, count: 100_000)
            var written = 0
            while !pair.server.isFull {
                pair.server.write(piece.span.bytes)
                written += piece.count
            }
            #expect(pair.server.pendingBytes > 64 << 10)
            #expect(pair.serverRecorder.events == [])
            pair.client.resumeReading()
            try await pair.serverRecorder.event(.drained)
            try await pair.clientRecorder.bytes(written)
            #expect(pair.clientRecorder.received.count == written)
            try await pair.close()
        }
    }

    @Test func `the peer's address is the socket's`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            #expect(pair.client.peer?.address == .loopback)
            try await pair.close()
        }
    }

    @Test func `the peer sees an orderly close as such`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            pair.server.write("all of it")
            try await pair.clientRecorder.bytes(9)
            pair.server.close()
            try await pair.clientRecorder.event(.inputEnded)
            pair.client.close()
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(try await pair.serverRecorder.closed() == nil)
        }
    }

    @Test func `a peer that closes the connection unexpectedly is reported`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            pair.server.write("half of it")
            try await pair.clientRecorder.bytes(10)
            pair.wire.server.finish()
            #expect(
                try await pair.clientRecorder.closed()
                    == .tls(TLSError("the server closed the connection unexpectedly (without close_notify)")))
            try await pair.close()
        }
    }

    @Test func `both sides are told that a certificate was refused`() async throws {
        let authority = try TestAuthority()
        let contexts = try TLSContexts(try authority.certificate(names: ["example.com"]), roots: authority.pem)
        try await onLoop { loop in
            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
            #expect(
                try await pair.clientRecorder.closed()
                    == .tls(TLSError("the certificate was refused: it is for example.com, not localhost")))
            #expect(
                try await pair.serverRecorder.closed()
                    == .tls(TLSError("the client refused the TLS handshake: bad certificate")))
        }
    }

    @Test func `one context serves many loops at once`() async throws {
        try await withThrowingTaskGroup { [contexts] group in
            for number in 1...8 {
                group.addTask {
                    try await onLoop { loop in
                        for _ in 1...5 {
                            let pair = TLSPair(loop, contexts, over: try ConnectedPair.streams(loop))
                            pair.client.write("\(number)")
                            try await pair.serverRecorder.bytes(1)
                            #expect(pair.serverRecorder.text == "\(number)")
                            try await pair.close()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
