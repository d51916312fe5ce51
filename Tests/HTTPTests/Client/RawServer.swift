import EventLoop
import HTTP1
import LoopTesting

/// A server that sends exactly the bytes that a test gives it. It lives on the test's loop.
final class RawServer {
    private let loop: EventLoop
    private let listener: TCPListener
    private let tls: TLSContext?
    private let answer: (RawExchange) -> Void
    private(set) var connections: [RawConnection] = []
    /// The heads and bodies, in the order in which they arrived.
    private(set) var requests: [String] = []
    let waiter: Waiter

    init(_ loop: EventLoop, tls: TLSContext? = nil, _ answer: @escaping (RawExchange) -> Void) throws {
        self.loop = loop
        self.tls = tls
        self.answer = answer
        waiter = Waiter(loop)
        listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
        listener.accepted = { [weak self] in self?.accept($0) }
    }

    /// Answers every request with the same bytes, and keeps the connection.
    convenience init(_ loop: EventLoop, text: String) throws {
        try self.init(loop) { $0.write(text) }
    }

    var port: Int { Int(listener.address.port) }

    func url(_ path: String = "/") -> String { "\(tls == nil ? "http" : "https")://localhost:\(port)\(path)" }

    private func accept(_ descriptor: Int32) {
        guard let lower = try? TCPStream(loop, descriptor: descriptor) else { return }
        let stream: any ByteStream = tls.map { TLSStream(loop, server: $0, over: lower) } ?? lower
        let connection = RawConnection(stream, over: lower) { [weak self] exchange in
            guard let self else { return }
            requests.append(exchange.head + String(decoding: exchange.body, as: UTF8.self))
            answer(exchange)
            waiter.changed()
        }
        connection.changed = { [weak self] in self?.waiter.changed() }
        connection.isFirst = connections.isEmpty
        connections.append(connection)
        waiter.changed()
    }

    var openConnections: Int { connections.count { !$0.hasClosed } }

    func close() {
        listener.close()
        for connection in connections { connection.stream.close() }
    }
}

/// A request that arrived, and a way to answer it.
struct RawExchange {
    let connection: RawConnection
    /// The head, including its blank line.
    let head: String
    let body: [UInt8]
    /// The number of requests on this connection so far, including this one.
    let number: Int

    var host: String {
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("host: ") } ?? ""
        return String(line.dropFirst(6))
    }

    /// The target of the request line.
    var target: String { String(head.split(separator: " ")[1]) }

    func write(_ text: String) { write(Array(text.utf8)) }
    func write(_ bytes: [UInt8]) { connection.stream.write(bytes.span.bytes) }

    func respond(_ body: String = "", status: String = "200 OK", _ fields: String = "") {
        write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    /// Closes the connection without reading what the client has sent, so that the system resets it.
    func reset() { connection.reset() }

    /// Ends the connection after all that was written.
    func finish() { connection.stream.finish() }
    func close() { connection.stream.close() }
}

final class RawConnection: ByteStreamDelegate {
    let stream: any ByteStream
    private(set) var hasClosed = false
    private(set) var hasInputEnded = false
    /// All bytes that arrived.
    private(set) var received: [UInt8] = []
    var changed: (() -> Void)?
    var onDrained: (() -> Void)?
    /// What the test lets the server do later.
    var later: (() -> Void)?
    /// Whether this is the first connection.
    fileprivate(set) var isFirst = false
    private let lower: TCPStream
    private let answer: (RawExchange) -> Void
    private var parser = RequestParser()
    private var head = RequestHead()
    private var unread: [UInt8] = []
    private var number = 0
    var requestCount: Int { number }

    init(_ stream: any ByteStream, over lower: TCPStream, answer: @escaping (RawExchange) -> Void) {
        self.stream = stream
        self.lower = lower
        self.answer = answer
        stream.delegate = self
        stream.resumeReading()
    }

    func streamReceived(_ bytes: RawSpan) {
        received.append(copying: bytes)
        unread.append(copying: bytes)
        changed?()
        while let (head, body) = takeRequest() {
            number += 1
            answer(RawExchange(connection: self, head: head, body: body, number: number))
        }
    }

    private func takeRequest() -> (String, [UInt8])? {
        let bytes = unread
        guard case .complete = parser.parse(bytes.span.bytes, into: &head) else { return nil }
        var body: [UInt8] = []
        var end = head.length
        switch head.framing {
        case .length(let length):
            end += length
            guard end <= bytes.count else { return nil }
            body = Array(bytes[head.length..<end])
        case .chunked:
            var decoder = ChunkedDecoder()
            let rest = bytes.span.bytes.extracting(droppingFirst: head.length)
            guard let count = try? decoder.decode(rest, { body.append(copying: $0) }), decoder.isComplete else {
                return nil
            }
            end += count
        case .none, .untilClose: break
        }
        unread.removeFirst(end)
        return (String(decoding: bytes[..<head.length], as: UTF8.self), body)
    }

    func streamInputEnded() {
        hasInputEnded = true
        changed?()
        stream.finish()
    }

    func streamDrained() { onDrained?() }

    /// Writes the text again and again, as fast as the client reads.
    func floods(with text: String) {
        onDrained = { [unowned self] in floods(with: text) }
        // Data that is written to a broken connection is dropped, so such a connection never becomes full.
        for _ in 0..<100_000 where !stream.isFull { stream.write(text) }
        changed?()
    }

    /// Ends the connection without close_notify.
    func cut() { lower.finish() }

    func reset() {
        stream.pauseReading()
        stream.close()
    }

    func streamClosed(_ error: StreamError?) {
        hasClosed = true
        changed?()
    }
}
