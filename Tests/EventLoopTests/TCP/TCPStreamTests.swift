import Glibc
import LoopTesting
import Testing

@testable import EventLoop

struct TCPStreamTests {
    @Test func `bytes go both ways`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let client = StreamRecorder(pair.client, on: loop)
            let server = StreamRecorder(pair.server, on: loop)
            pair.client.write("ping")
            try await server.bytes(4)
            pair.server.write("pong!")
            try await client.bytes(5)
            #expect(server.text == "ping")
            #expect(client.text == "pong!")
            #expect(pair.server.pendingBytes == 0)
            pair.client.close()
            pair.server.close()
        }
    }

    @Test func `each end knows the other's address`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let peer = try #require(pair.client.peer)
            #expect(peer.address == .loopback)
            #expect(peer.port > 0)
            #expect(try #require(pair.server.peer) != peer)
            pair.client.close()
            #expect(pair.client.peer == nil)
            pair.server.close()
        }
    }

    @Test func `data that the peer does not read is queued, and the writer is told when it is sent`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let writer = StreamRecorder(pair.server, on: loop)
            let reader = StreamRecorder(pair.client, on: loop, reads: false)
            var sent: [UInt8] = []
            var piece: UInt8 = 0
            while !pair.server.isFull {
                let bytes = [UInt8](repeating: piece, count: 10_000)
                pair.server.write(bytes.span.bytes)
                sent += bytes
                piece &+= 1
            }
            #expect(pair.server.pendingBytes > TCPStream.highWatermark)
            #expect(writer.events == [])
            pair.client.resumeReading()
            try await writer.event(.drained)
            #expect(!pair.server.isFull)
            #expect(pair.server.pendingBytes < TCPStream.lowWatermark)
            #expect(try await reader.bytes(sent.count) == sent)
            #expect(writer.events == [.drained])
            pair.client.close()
            pair.server.close()
        }
    }

    @Test func `a write larger than all buffers arrives whole, and the end comes after it`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let server = StreamRecorder(pair.server, on: loop)
            let client = StreamRecorder(pair.client, on: loop)
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
            pair.server.write(bytes.span.bytes)
            pair.server.finish()
            pair.server.write("too late")
            try await client.event(.inputEnded)
            #expect(client.received == bytes)
            pair.client.finish()
            #expect(try await client.closed() == nil)
            #expect(try await server.closed() == nil)
        }
    }

    @Test func `after its end each side may still send`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let client = StreamRecorder(pair.client, on: loop)
            let server = StreamRecorder(pair.server, on: loop)
            pair.client.write("request")
            pair.client.finish()
            try await server.event(.inputEnded)
            #expect(server.text == "request")
            pair.server.write("response")
            try await client.bytes(8)
            #expect(client.events == [])
            pair.server.finish()
            #expect(try await server.closed() == nil)
            #expect(try await client.closed() == nil)
            #expect(client.events == [.inputEnded, .closed(nil)])
            #expect(server.events == [.inputEnded, .closed(nil)])
        }
    }

    @Test func `nothing is read while reading is paused`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let server = StreamRecorder(pair.server, on: loop)
            server.onReceived = { _ in pair.server.pauseReading() }
            pair.client.write("first")
            try await server.bytes(5)
            pair.client.write("second")
            // When the bytes of another connection arrive, the loop has polled.
            let other = try ConnectedPair.streams(loop)
            let witness = StreamRecorder(other.server, on: loop)
            other.client.write("seen")
            try await witness.bytes(4)
            #expect(server.text == "first")
            pair.server.resumeReading()
            try await server.bytes(11)
            #expect(server.text == "firstsecond")
            for stream in [pair.client, pair.server, other.client, other.server] { stream.close() }
        }
    }

    // MARK: Ends

    @Test func `close is reported once, later, and nothing else is`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            let server = StreamRecorder(pair.server, on: loop)
            let client = StreamRecorder(pair.client, on: loop)
            pair.client.write("lost")
            // This is more than the buffers hold, so that a write is in progress when the stream closes.
            let bytes = [UInt8](repeating: 1, count: 1_000_000)
            pair.server.write(bytes.span.bytes)
            pair.server.finish()
            pair.server.close()
            pair.server.close()
            #expect(server.events == [])
            #expect(try await server.closed() == nil)
            pair.server.close()
            pair.server.write("x")
            pair.server.finish()
            pair.server.resumeReading()
            pair.server.pauseReading()
            pair.client.close()
            _ = try await client.closed()
            #expect(server.events == [.closed(nil)])
            #expect(server.received == [])
            #expect(pair.server.pendingBytes == 0)
        }
    }

    @Test func `a stream can be closed from each of its callbacks`() async throws {
        try await onLoop { loop in
            for event in [StreamRecorder.Event.inputEnded, .drained] {
                let pair = try ConnectedPair.streams(loop)
                let server = StreamRecorder(pair.server, on: loop)
                let client = StreamRecorder(pair.client, on: loop)
                server.onEvent = { if $0 == event { pair.server.close() } }
                if event == .drained {
                    let bytes = [UInt8](repeating: 1, count: 1_000_000)
                    pair.server.write(bytes.span.bytes)
                } else {
                    pair.client.finish()
                }
                #expect(try await server.closed() == nil)
                #expect(server.events == [event, .closed(nil)])
                pair.client.close()
                _ = try await client.closed()
            }
            let pair = try ConnectedPair.streams(loop)
            let server = StreamRecorder(pair.server, on: loop)
            server.onReceived = { _ in pair.server.close() }
            let bytes = [UInt8](repeating: 1, count: 1_000_000)
            pair.client.write(bytes.span.bytes)
            #expect(try await server.closed() == nil)
            #expect(server.received.count <= EventLoop.readBufferSize)
            pair.client.close()
        }
    }

    @Test func `a reset is reported as an error`() async throws {
        try await onLoop { loop in
            let descriptors = try ConnectedPair.descriptors()
            let server = StreamRecorder(try TCPStream(loop, descriptor: descriptors.server), on: loop)
            reset(descriptors.client)
            #expect(try await server.closed() == .system(ECONNRESET))
            #expect(server.events.count == 1)
        }
    }

    @Test func `data from before a reset is read even after a write has failed`() async throws {
        try await onLoop { loop in
            let descriptors = try ConnectedPair.descriptors()
            let stream = try TCPStream(loop, descriptor: descriptors.server)
            let server = StreamRecorder(stream, on: loop)
            #expect(Glibc.write(descriptors.client, "413", 3) == 3)
            reset(descriptors.client)
            // The first write gets the reset, the second a broken pipe.
            stream.write("one")
            stream.write("two")
            #expect(try await server.closed() == .system(ECONNRESET))
            #expect(server.text == "413")
        }
    }

    @Test func `a reset is reported to a writer that does not read`() async throws {
        try await onLoop { loop in
            for isPausedBefore in [true, false] {
                let descriptors = try ConnectedPair.descriptors()
                let stream = try TCPStream(loop, descriptor: descriptors.server)
                let server = StreamRecorder(stream, on: loop, reads: !isPausedBefore)
                reset(descriptors.client)
                // This is more than the system buffers, because on a busy machine the reset may arrive after the bytes
                // were accepted.
                stream.write(String(repeating: "x", count: 16 << 20))
                if !isPausedBefore { stream.pauseReading() }
                #expect(try await server.closed() == .system(ECONNRESET))
            }
        }
    }

    @Test func `a stream without a descriptor is an error and leaves nothing open`() async throws {
        try await onLoop { loop in
            #expect(throws: StreamError.system(EBADF)) { try TCPStream(loop, descriptor: -1) }
        }
    }

    @Test func `a stream without a delegate reports nothing`() async throws {
        try await onLoop { loop in
            let pair = try ConnectedPair.streams(loop)
            var forgotten: StreamRecorder? = StreamRecorder(pair.server, on: loop)
            weak let gone = forgotten
            forgotten = nil
            #expect(gone == nil)
            let client = StreamRecorder(pair.client, on: loop)
            pair.client.write("into the void")
            pair.client.finish()
            pair.server.finish()
            #expect(try await client.closed() == nil)
        }
    }

    @Test func `a stream is freed once it has closed`() async throws {
        try await onLoop { loop in
            weak var freed: TCPStream?
            do {
                let pair = try ConnectedPair.streams(loop)
                freed = pair.server
                let client = StreamRecorder(pair.client, on: loop)
                pair.server.close()
                pair.client.finish()
                _ = try await client.closed()
            }
            #expect(freed == nil)
        }
    }

    /// Ends a connection with a reset.
    private func reset(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}
