import EventLoop

/// The TLS handshakes of a server's new connections. A connection is served once its handshake is over, so that slow
/// and silent callers cost no more than a place here.
final class ServerHandshakes {
    /// The most handshakes at a time. Above that, the oldest one is ended: it has had the longest time.
    static let limit = 256
    static let patience = Duration.seconds(10)

    private let loop: EventLoop
    private let context: TLSContext
    /// Called for each connection whose handshake fails.
    private let left: () -> Void
    private var running: [Int: ServerHandshake] = [:]
    /// Those that were ended to make room and whose connections have not closed yet. They must not be ended twice, or a
    /// burst of callers would all take the place of the same one.
    private var ending: [Int: ServerHandshake] = [:]
    private var last = 0
    private var isClosed = false

    init(_ loop: EventLoop, _ context: TLSContext, left: @escaping () -> Void) {
        self.loop = loop
        self.context = context
        self.left = left
    }

    func begin(over lower: any ByteStream, then serve: @escaping (TLSStream) -> Void) {
        if running.count >= Self.limit, let oldest = running.keys.min() {
            ending[oldest] = running.removeValue(forKey: oldest)
            ending[oldest]?.stream.close()
        }
        last += 1
        let number = last
        let handshake = ServerHandshake(TLSStream(loop, server: context, over: lower)) { [self] in
            end(number)
            left()
        }
        running[number] = handshake
        handshake.timer = loop.schedule(after: Self.patience) { [stream = handshake.stream] in stream.close() }
        handshake.stream.answerInClear = Self.answerInClear
        handshake.stream.opened = { [self] in
            end(number)
            serve(handshake.stream)
        }
        if isClosed { handshake.stream.close() }
    }

    private func end(_ number: Int) {
        (running.removeValue(forKey: number) ?? ending.removeValue(forKey: number))?.timer?.close()
    }

    func close() {
        isClosed = true
        for handshake in running.values { handshake.stream.close() }
    }

    /// The response to a caller that speaks HTTP without TLS.
    private static let answerInClear: [UInt8] = {
        let text = "This port speaks https. Write https:// in the URL.\n"
        return Array(
            """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain\r
            Content-Length: \(text.utf8.count)\r
            Connection: close\r
            \r
            \(text)
            """.utf8)
    }()
}

private final class ServerHandshake: ByteStreamDelegate {
    let stream: TLSStream
    var timer: Timer?
    private let failed: () -> Void

    init(_ stream: TLSStream, failed: @escaping () -> Void) {
        self.stream = stream
        self.failed = failed
        stream.delegate = self
    }

    func streamReceived(_ bytes: RawSpan) {}
    func streamInputEnded() {}
    func streamDrained() {}
    func streamClosed(_ error: StreamError?) { failed() }
}
