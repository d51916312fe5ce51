internal import CUV
internal import Glibc

/// Accepts connections, and gives them away as descriptors: the loop that serves one need not be the listener's.
///
/// Not on `uv_listen`, which answers a lack of descriptors by accepting and closing every caller that waits. The loop keeps
/// a listener until `close`.
public final class TCPListener {
    /// Callers that one poll accepts, so that many of them do not hold up the connections that are there.
    static let acceptedPerPoll = 64
    /// The pause after a shortage of descriptors.
    var patience = Duration.milliseconds(100)

    public let address: SocketAddress
    /// The callee owns the descriptor, which does not block and is closed on exec.
    public var accepted: ((Int32) -> Void)?
    /// No connection can be accepted for now, mostly for want of descriptors. Told once; those who wait are accepted later.
    public var outOfDescriptors: ((StreamError) -> Void)?

    private let loop: EventLoop
    private let descriptor: Int32
    private let poll: Poll
    private let retry: Timer
    private var isClosed = false
    private var isPaused = false
    private var shortage = Shortage.none
    /// The call that takes the next caller; tests let it fail.
    var take: (Int32) -> Int32 = { cuv_accept($0) }

    private enum Shortage {
        case none
        /// Told, and the next try comes soon.
        case waiting
        /// Told, and trying.
        case trying
    }

    /// Begins to listen. Port 0 stands for any free one, which `address` then tells.
    public init(_ loop: EventLoop, bind address: SocketAddress, backlog: Int32 = 4096) throws(StreamError) {
        let descriptor = try Self.listen(on: address, backlog)
        do throws(StreamError) {
            poll = try Poll(loop, descriptor: descriptor)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.loop = loop
        self.descriptor = descriptor
        self.address = SocketAddress(of: descriptor) { getsockname($0, $1, $2) } ?? address
        retry = Timer(loop)
        retry.fired = { [unowned self] in tryAgain() }
        poll.ready = { [self] in accept() }
        poll.start(.readable)
    }

    private static func listen(on address: SocketAddress, _ backlog: Int32) throws(StreamError) -> Int32 {
        let descriptor = try Socket.open(for: address)
        // A handler that was killed is started again on the same port at once (host-contract §4.2).
        Socket.set(SO_REUSEADDR, of: SOL_SOCKET, on: descriptor)
        // `::` takes callers over IPv4, too, whatever the system's default is.
        if address.address.isIPv6 { Socket.set(IPV6_V6ONLY, of: Int32(IPPROTO_IPV6), on: descriptor, to: 0) }
        // The sockets that it accepts inherit this.
        Socket.sendAtOnce(descriptor)
        let isBound = address.withSystemAddress { Glibc.bind(descriptor, $0, $1) == 0 }
        guard isBound, Glibc.listen(descriptor, backlog) == 0 else {
            let error = StreamError.system(errno)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private func accept() {
        for _ in 0..<Self.acceptedPerPoll {
            guard !isClosed, !isPaused else { return }
            let connection = take(descriptor)
            if connection >= 0 {
                loop.newcomersArrived()
                accepted?(connection)
                continue
            }
            switch errno {
            case EAGAIN:
                shortage = .none
                return
            // The caller is gone, or its network has failed (accept(2)).
            case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                EOPNOTSUPP, ENETUNREACH:
                continue
            default: return wait(errno)
            }
        }
    }

    /// Callers wait in the backlog meanwhile.
    private func wait(_ code: Int32) {
        let isTold = shortage == .trying
        shortage = .waiting
        poll.stop()
        retry.start(after: patience)
        if !isTold { outOfDescriptors?(.system(code)) }
    }

    private func tryAgain() {
        shortage = .trying
        guard !isPaused else { return }
        poll.start(.readable)
        accept()
    }

    /// Callers wait in the backlog until `resume`.
    public func pause() {
        guard !isClosed else { return }
        isPaused = true
        poll.stop()
    }

    public func resume() {
        guard !isClosed, isPaused else { return }
        isPaused = false
        if shortage != .waiting { poll.start(.readable) }
    }

    /// Callers in the backlog are refused. Calling it again does nothing.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        accepted = nil
        outOfDescriptors = nil
        retry.close()
        poll.close()
        Glibc.close(descriptor)
    }
}
