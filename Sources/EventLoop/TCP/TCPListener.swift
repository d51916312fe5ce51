internal import CUV
internal import Glibc

/// Accepts connections and passes them on as descriptors: another loop than the listener's may serve them.
///
/// Does not use `uv_listen`, which reacts to a lack of descriptors by accepting and closing every waiting caller. The
/// loop keeps a listener until `close`.
public final class TCPListener {
    /// The number of callers accepted per poll, so that many new ones do not delay existing connections.
    static let acceptedPerPoll = 64
    /// The pause after a shortage of descriptors.
    var patience = Duration.milliseconds(100)

    public let address: SocketAddress
    /// The callee owns the descriptor, which is non-blocking and close-on-exec.
    public var accepted: ((Int32) -> Void)?
    /// Called once when connections cannot be accepted, usually for lack of descriptors. Waiting callers are accepted
    /// later.
    public var outOfDescriptors: ((StreamError) -> Void)?

    private let loop: EventLoop
    private let descriptor: Int32
    private let poll: Poll
    private let retry: Timer
    private var isClosed = false
    private var isPaused = false
    private var shortage = Shortage.none
    /// Accepts the next caller; tests make it fail.
    var take: (Int32) -> Int32 = { cuv_accept($0) }

    private enum Shortage {
        case none
        /// Reported; the next try comes soon.
        case waiting
        /// Reported; trying now.
        case trying
    }

    /// Starts to listen. Port 0 means any free one; `address` then has it.
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
        // The host restarts a killed handler on the same port at once (host-contract §4.2).
        Socket.set(SO_REUSEADDR, of: SOL_SOCKET, on: descriptor)
        // `::` accepts IPv4 too, whatever the system's default is.
        if address.address.isIPv6 { Socket.set(IPV6_V6ONLY, of: Int32(IPPROTO_IPV6), on: descriptor, to: 0) }
        // Accepted sockets inherit this.
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
