import EventLoop

/// A server that answers each request, recognised by its blank line, with bytes that need not be HTTP.
final class RawServer {
    private let listener: TCPListener
    private var connections: [Connection] = []
    /// Everything that came, one text a request without its body.
    private(set) var requests: [String] = []
    private(set) var accepted = 0
    private let answer: (String) -> Answer

    enum Answer {
        case bytes(String)
        /// And then the server ends the connection.
        case last(String)
        /// The server ends the connection without a word.
        case none
        /// Nothing comes, ever.
        case silence
    }

    var port: UInt16 { listener.address.port }

    init(_ loop: EventLoop, answer: @escaping (String) -> Answer) throws {
        self.answer = answer
        listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
        listener.accepted = { [unowned self] descriptor in
            accepted += 1
            if let stream = try? TCPStream(loop, descriptor: descriptor) {
                connections.append(Connection(stream, self))
            }
        }
    }

    func close() {
        listener.close()
        for connection in connections { connection.stream.close() }
    }

    /// Ends the connections that are open, as a server does that has waited long enough.
    func endConnections() {
        for connection in connections { connection.stream.close() }
        connections = []
    }

    private final class Connection: ByteStreamDelegate {
        let stream: TCPStream
        private unowned let server: RawServer
        private var received = ""

        init(_ stream: TCPStream, _ server: RawServer) {
            self.stream = stream
            self.server = server
            stream.delegate = self
            stream.resumeReading()
        }

        func streamReceived(_ bytes: RawSpan) {
            received += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            while let end = received.firstRange(of: "\r\n\r\n") {
                let request = String(received[..<end.lowerBound])
                received = String(received[end.upperBound...])
                server.requests.append(request)
                switch server.answer(request) {
                case .bytes(let text): send(text)
                case .last(let text):
                    send(text)
                    stream.finish()
                case .none: stream.close()
                case .silence: break
                }
            }
        }

        private func send(_ text: String) {
            let bytes = Array(text.utf8)
            stream.write(bytes.span.bytes)
        }

        func streamInputEnded() { stream.finish() }
        func streamDrained() {}
        func streamClosed(_ error: StreamError?) {}
    }
}
