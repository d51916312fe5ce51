internal import CUV
internal import Glibc

/// One attempt to connect to an address.
final class ConnectAttempt {
    private let descriptor: Int32
    private let poll: Poll
    /// Called once. On success the callee owns the descriptor.
    var ended: ((Result<Int32, StreamError>) -> Void)?

    enum Beginning {
        case connected(Int32)
        case attempt(ConnectAttempt)
    }

    static func begin(_ loop: EventLoop, _ address: SocketAddress) throws(StreamError) -> Beginning {
        let descriptor = try Socket.open(for: address)
        Socket.sendAtOnce(descriptor)
        do throws(StreamError) {
            let isConnected = address.withSystemAddress { connect(descriptor, $0, $1) == 0 }
            if isConnected {
                try check(descriptor)
                return .connected(descriptor)
            }
            guard errno == EINPROGRESS else { throw .system(errno) }
            return .attempt(try ConnectAttempt(loop, descriptor))
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private init(_ loop: EventLoop, _ descriptor: Int32) throws(StreamError) {
        self.descriptor = descriptor
        poll = try Poll(loop, descriptor: descriptor)
        poll.ready = { [self] in end() }
        poll.start(.writable)
    }

    private func end() {
        poll.close()
        let ended = ended
        self.ended = nil
        let error = Socket.pendingError(of: descriptor)
        do throws(StreamError) {
            if error != 0 { throw .system(error) }
            try Self.check(descriptor)
            ended?(.success(descriptor))
        } catch {
            Glibc.close(descriptor)
            ended?(.failure(error))
        }
    }

    /// Refuses a socket that TCP has connected to itself. This happens when nobody listens on a local port and the
    /// system assigns the same port to the connecting socket.
    private static func check(_ descriptor: Int32) throws(StreamError) {
        if Socket.isConnectedToItself(descriptor) { throw .system(ECONNREFUSED) }
    }

    /// Ends the attempt without calling `ended`.
    func close() {
        guard ended != nil else { return }
        ended = nil
        poll.close()
        Glibc.close(descriptor)
    }
}
