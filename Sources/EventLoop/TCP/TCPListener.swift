internal import CUV
internal import Glibc

/// Accepts connections and passes them on as descriptors, so that a loop other than the listener's may serve them.
///
/// It does not use `uv_listen`: when the process runs out of descriptors, `uv_listen` accepts and closes the connection
/// of every waiting client. The loop retains a listener until `close`.
public final class TCPListener {
    /// The number of connections accepted per poll, so that a rush of new ones does not delay existing connections.
    static let acceptedPerPoll = 64
    /// How long to wait before the next `accept` when no descriptor is left.
    var patience = Duration.milliseconds(100)

    public let address: SocketAddress
    /// The callee owns the descriptor, which is non-blocking and close-on-exec.
    public var accepted: ((Int32) -> Void)?
    /// Called once per shortage when connections cannot be accepted, usually because no descriptor is left. Clients
    /// that wait are accepted later.
    public var outOfDescriptors: ((StreamError) -> Void)?

    private let loop: EventLoop
    private let descriptor: Int32
    private let poll: Poll
    private let retry: Timer
    private var isClosed = false
    private var isPaused = false
    private var shortage = Shortage.none
    /// Accepts the next connection. Tests replace it to simulate failures.
    var take: (Int32) -> Int32 = { cuv_accept($0) }

    private enum Shortage {
        case none
        /// The shortage was reported, and the timer for the next try runs.
        case waiting
        /// The shortage was reported, and the listener tries to accept again.
        case trying
    }

    /// Starts to listen. Port 0 means any free port, which `address` then names.
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
        // A listener on `::` accepts IPv4 too, whatever the system's default is.
        if address.address.isIPv6 { Socket.set(IPV6_V6ONLY, of: Int32(IPPROTO_IPV6), on: descriptor, to: 0) }
        // Accepted sockets inherit this option.
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
            // The client is gone, or its network has failed (accept(2)).
            case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                EOPNOTSUPP, ENETUNREACH:
                continue
            default: return wait(errno)
            }
        }
    }

    /// Stops accepting for a while. Clients wait in the system's backlog.
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

    /// Stops accepting until `resume`. Clients wait in the system's backlog.
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

    /// Stops listening. The system refuses the clients that wait in the backlog. Calling it again does nothing.
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
