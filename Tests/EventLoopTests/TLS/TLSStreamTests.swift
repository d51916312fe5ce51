import LoopTesting
import TLSTesting
import Testing

@testable import EventLoop

/// Tests TLS over streams in memory, where the test decides when bytes arrive.
@Suite struct TLSStreamTests {
    private let contexts: TLSContexts

    init() throws { contexts = try TLSContexts() }

    @Test(arguments: [1, 7, 1000, 1 << 16])
    func `bytes go both ways, in whatever pieces they arrive`(piece: Int) async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, piece: piece)
            pair.client.write("request")
            try await pair.serverRecorder.bytes(7)
            pair.server.write("response")
            try await pair.clientRecorder.bytes(8)
            #expect(pair.serverRecorder.text == "request")
            #expect(pair.clientRecorder.text == "response")
            #expect(pair.clientRecorder.events == [] && pair.serverRecorder.events == [])
            try await pair.close()
            #expect(try await pair.clientRecorder.closed() == nil)
        }
    }

    @Test func `both sides are told once that the handshake is complete`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            let waiter = Waiter(loop)
            var opened: [String] = []
            pair.client.opened = {
                opened.append("client")
                waiter.changed()
            }
            pair.server.opened = {
                opened.append("server")
                waiter.changed()
            }
            #expect(opened.isEmpty)
            try await waiter.wait(for: "both handshakes") { opened.count == 2 }
            pair.client.write("more")
            try await pair.serverRecorder.bytes(4)
            #expect(opened.sorted() == ["client", "server"])
            try await pair.close()
        }
    }

    @Test func `after its end each side may still send`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.client.write("request")
            pair.client.finish()
            pair.client.write("too late")
            try await pair.serverRecorder.event(.inputEnded)
            #expect(pair.serverRecorder.text == "request")
            pair.server.write("response")
            try await pair.clientRecorder.bytes(8)
            #expect(pair.clientRecorder.events == [])
            pair.server.finish()
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(try await pair.serverRecorder.closed() == nil)
            #expect(pair.clientRecorder.events == [.inputEnded, .closed(nil)])
            #expect(pair.serverRecorder.events == [.inputEnded, .closed(nil)])
            #expect(pair.serverRecorder.text == "request")
        }
    }

    @Test(arguments: [1000, 100_000])
    func `large transfers in both directions at once respect the watermarks`(piece: Int) async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, piece: piece)
            let senders = [Sender(pair.client), Sender(pair.server)]
            pair.clientRecorder.onEvent = { if $0 == .drained { senders[0].send() } }
            pair.serverRecorder.onEvent = { if $0 == .drained { senders[1].send() } }
            for sender in senders { sender.send() }
            try await pair.serverRecorder.bytes(Sender.bytes.count)
            try await pair.clientRecorder.bytes(Sender.bytes.count)
            #expect(pair.serverRecorder.received == Sender.bytes)
            #expect(pair.clientRecorder.received == Sender.bytes)
            for (sender, recorder) in zip(senders, [pair.clientRecorder, pair.serverRecorder]) {
                #expect(sender.mostPending < 1 << 17)
                #expect(recorder.events.count > 5)
                #expect(!sender.stream.isFull && sender.stream.pendingBytes == 0)
            }
            try await pair.close()
        }
    }

    @Test func `data that is written before the end of the handshake waits, and draining is reported`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 4) }
            #expect(!pair.client.isFull)
            pair.client.write(bytes.span.bytes)
            #expect(pair.client.isFull && pair.client.pendingBytes >= bytes.count)
            try await pair.clientRecorder.event(.drained)
            #expect(!pair.client.isFull)
            try await pair.serverRecorder.bytes(bytes.count)
            #expect(pair.serverRecorder.received == bytes)
            #expect(pair.clientRecorder.events == [.drained])
            try await pair.close()
        }
    }

    @Test func `data that was written before the end is sent, even if the handshake comes after both`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.client.write("request")
            pair.client.finish()
            pair.server.write("response")
            pair.server.finish()
            let ends = [try await pair.clientRecorder.closed(), try await pair.serverRecorder.closed()]
            #expect(ends == [nil, nil])
            #expect(pair.serverRecorder.text == "request" && pair.clientRecorder.text == "response")
        }
    }

    // MARK: Pauses

    @Test func `nothing arrives while reading is paused or during the call that resumes it`()
        async throws
    {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            try await opened(pair)
            pair.clientRecorder.onReceived = { [client = pair.client] _ in client.pauseReading() }
            // These three records arrive together.
            for text in ["first", "second", "third"] { pair.server.write(text) }
            pair.server.finish()
            try await pair.clientRecorder.bytes(6)
            for expected in ["!first", "!firstsecond"] {
                for _ in 1...20 { await loop.nextPoll() }
                #expect(pair.clientRecorder.text == expected)
                pair.client.resumeReading()
                pair.client.resumeReading()
                #expect(pair.clientRecorder.text == expected)
                try await pair.clientRecorder.bytes(expected.utf8.count + 1)
            }
            #expect(pair.clientRecorder.text == "!firstsecondthird")
            #expect(pair.clientRecorder.events == [])
            pair.client.resumeReading()
            try await pair.clientRecorder.event(.inputEnded)
            pair.client.finish()
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(try await pair.serverRecorder.closed() == nil)
        }
    }

    @Test func `a paused stream completes its handshake and then reads nothing`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts, reads: false)
            pair.client.write("request")
            let waiter = Waiter(loop)
            var isOpen = false
            pair.server.opened = {
                isOpen = true
                waiter.changed()
            }
            try await waiter.wait(for: "the handshake") { isOpen }
            for _ in 1...20 { await loop.nextPoll() }
            #expect(pair.serverRecorder.received == [])
            pair.server.resumeReading()
            try await pair.serverRecorder.bytes(7)
            try await pair.close()
        }
    }

    @Test func `a paused stream whose peer has closed delivers the rest before the end`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            try await opened(pair)
            pair.clientRecorder.onReceived = { [client = pair.client] _ in client.pauseReading() }
            pair.server.write("first")
            pair.server.write("second")
            // Without close_notify.
            pair.wire.server.close()
            try await pair.clientRecorder.bytes(6)
            for _ in 1...20 { await loop.nextPoll() }
            #expect(pair.clientRecorder.text == "!first" && pair.clientRecorder.events == [])
            pair.clientRecorder.onReceived = nil
            pair.client.resumeReading()
            #expect(try await pair.clientRecorder.closed() == Self.cutOff("server"))
            #expect(pair.clientRecorder.text == "!firstsecond")
            try await pair.close()
        }
    }

    // MARK: Ends

    @Test(arguments: [true, false])
    func `an end without close_notify is an error`(closes: Bool) async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.server.write("half of it")
            try await pair.clientRecorder.bytes(10)
            if closes { pair.wire.server.close() } else { pair.wire.server.finish() }
            #expect(try await pair.clientRecorder.closed() == Self.cutOff("server"))
            #expect(pair.clientRecorder.events.count == 1)
            try await pair.close()
        }
    }

    @Test func `a server is told that its client was cut off`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.client.write("half")
            try await pair.serverRecorder.bytes(4)
            pair.wire.client.close()
            #expect(try await pair.serverRecorder.closed() == Self.cutOff("client"))
            try await pair.close()
        }
    }

    @Test func `a close ends immediately, and is orderly if nothing is lost`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.server.write("all of it")
            try await pair.clientRecorder.bytes(9)
            pair.server.close()
            pair.server.write("too late")
            pair.server.finish()
            pair.server.close()
            #expect(pair.serverRecorder.events == [])
            #expect(try await pair.serverRecorder.closed() == nil)
            try await pair.clientRecorder.event(.inputEnded)
            pair.client.close()
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(pair.serverRecorder.events == [.closed(nil)])
            #expect(pair.clientRecorder.text == "all of it")
        }
    }

    @Test func `a close that loses data is not orderly`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            try await opened(pair)
            let bytes = [UInt8](repeating: 7, count: 100_000)
            pair.server.write(bytes.span.bytes)
            #expect(pair.server.pendingBytes > 0)
            pair.server.close()
            #expect(try await pair.clientRecorder.closed() == Self.cutOff("server"))
        }
    }

    @Test func `a stream can be closed as soon as it is open`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            pair.client.opened = { pair.client.close() }
            pair.server.write("first")
            let end = try await pair.clientRecorder.closed()
            #expect(end == nil && pair.clientRecorder.received == [])
            #expect(pair.clientRecorder.events == [.closed(nil)])
            pair.server.close()
            _ = try await pair.serverRecorder.closed()
        }
    }

    @Test func `a stream can be closed in its callbacks`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            try await opened(pair)
            pair.clientRecorder.onReceived = { [client = pair.client] _ in client.close() }
            pair.server.write("first")
            pair.server.write("second")
            #expect(try await pair.clientRecorder.closed() == nil)
            #expect(pair.clientRecorder.text == "!first")
            #expect(pair.clientRecorder.events == [.closed(nil)])
            pair.server.close()
            _ = try await pair.serverRecorder.closed()
        }
    }

    @Test func `a close during the handshake is reported to both sides`() async throws {
        try await onLoop { [contexts] loop in
            let pair = TLSPair(loop, contexts)
            var isOpen = false
            pair.client.opened = { isOpen = true }
            pair.client.close()
            let ends = [try await pair.clientRecorder.closed(), try await pair.serverRecorder.closed()]
            #expect(ends == [nil, .tls(TLSError("the client ended the connection during the TLS handshake"))])
            #expect(!isOpen)
        }
    }

    @Test func `an error of the underlying stream ends the TLS stream`() async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let pair = TLSPair(loop, contexts, over: (wire.client, wire.server))
            try await opened(pair)
            wire.client.close(with: .timeout)
            #expect(try await pair.clientRecorder.closed() == .timeout)
            #expect(pair.clientRecorder.events == [.closed(.timeout)])
            pair.server.close()
            _ = try await pair.serverRecorder.closed()
        }
    }

    @Test func `a stream lives until it has closed, and no longer`() async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let recorder = StreamRecorder(wire.server, on: loop)
            var client: TLSStream? = TLSStream(loop, client: contexts.client, over: wire.client, name: "localhost")
            weak let observed = client
            let delegate = Closings(loop)
            client?.delegate = delegate
            client = nil
            try await recorder.bytes(5)
            #expect(observed != nil)
            observed?.close()
            try await delegate.waiter.wait(for: "the end") { delegate.count > 0 }
            await loop.nextPoll()
            #expect(observed == nil)
            #expect(delegate.count == 1)
            wire.server.close()
            _ = try await recorder.closed()
        }
    }

    // MARK: Damage

    @Test func `damaged data ends the connection, and both sides are told why`() async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let pair = TLSPair(loop, contexts, over: (wire.client, wire.server))
            pair.server.write("good")
            try await pair.clientRecorder.bytes(4)
            wire.server.spoils = { $0[$0.count - 1] ^= 1 }
            pair.server.write("bad")
            let reason = "decryption failed or bad record mac"
            #expect(
                try await pair.clientRecorder.closed()
                    == .tls(TLSError("the TLS connection to the server broke: \(reason)")))
            #expect(
                try await pair.serverRecorder.closed()
                    == .tls(TLSError("the client broke the TLS connection: bad record mac")))
            #expect(pair.clientRecorder.text == "good")
        }
    }

    @Test(arguments: [true, false])
    func `whichever byte is damaged, no wrong data arrives`(isClients: Bool) async throws {
        try await onLoop { [contexts] loop in
            var failures = 0
            for position in stride(from: 0, to: 1200, by: 13) {
                let wire = MemoryStream.pair(loop, piece: 500)
                var sent = 0
                (isClients ? wire.client : wire.server).spoils = { bytes in
                    let place = position - sent
                    if bytes.indices.contains(place) { bytes[place] ^= 0x11 }
                    sent += bytes.count
                }
                let pair = TLSPair(loop, contexts, over: (wire.client, wire.server))
                for stream in [pair.client, pair.server] { stream.write("hello") }
                // Either side may wait for data that was never sent, such as the rest of a record whose length is
                // wrong.
                for _ in 1...20 { await loop.nextPoll() }
                for recorder in [pair.clientRecorder, pair.serverRecorder] {
                    #expect(["", "hello"].contains(recorder.text), "position \(position)")
                    if recorder.closings.contains(where: { $0 != nil }) { failures += 1 }
                }
                try await pair.close()
            }
            // Most of the data is the handshake. Damage to it usually ends the connection for both sides.
            #expect(failures > 50)
        }
    }

    @Test func `data after the end is not read`() async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let pair = TLSPair(loop, contexts, over: (wire.client, wire.server))
            try await opened(pair)
            wire.server.spoils = { $0 += Array("no record".utf8) }
            pair.server.finish()
            try await pair.clientRecorder.event(.inputEnded)
            pair.client.write("still")
            try await pair.serverRecorder.bytes(5)
            pair.client.finish()
            #expect(try await pair.clientRecorder.closed() == nil)
        }
    }

    // MARK: -

    private static func cutOff(_ peer: String) -> StreamError {
        .tls(TLSError("the \(peer) closed the connection unexpectedly (without close_notify)"))
    }
}

/// Returns once bytes have been sent in both directions.
private func opened(_ pair: TLSPair) async throws {
    pair.client.write("?")
    try await pair.serverRecorder.bytes(1)
    pair.server.write("!")
    try await pair.clientRecorder.bytes(1)
}

/// Writes as much as the stream accepts, and continues when it has drained.
private final class Sender {
    static let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }

    let stream: TLSStream
    private(set) var mostPending = 0
    private var position = 0

    init(_ stream: TLSStream) { self.stream = stream }

    func send() {
        while position < Self.bytes.count, !stream.isFull {
            let end = min(position + 10_000, Self.bytes.count)
            stream.write(Self.bytes.span.bytes.extracting(position..<end))
            position = end
            mostPending = max(mostPending, stream.pendingBytes)
        }
    }
}

private final class Closings: ByteStreamDelegate {
    let waiter: Waiter
    private(set) var count = 0

    init(_ loop: EventLoop) { waiter = Waiter(loop) }

    func streamReceived(_ bytes: RawSpan) {}
    func streamInputEnded() {}
    func streamDrained() {}
    func streamClosed(_ error: StreamError?) {
        count += 1
        waiter.changed()
    }
}
