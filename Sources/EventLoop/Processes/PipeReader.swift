internal import CUV
internal import Glibc

/// Reads a descriptor until its end: a pipe, a terminal, or a file.
///
/// Takes over the descriptor, except for 0 to 2: those belong to whoever started the program. They are neither closed
/// nor made non-blocking, which would affect the shell and everybody else who shares them. The loop keeps the reader
/// until the end or `close`.
public final class PipeReader {
    private let loop: EventLoop
    private let descriptor: Int32
    private let isShared: Bool
    private let received: (RawSpan) -> Void
    private var ended: (() -> Void)?
    private var source = Source.closed
    private var buffer: [UInt8]

    private enum Source {
        case polled(Poll)
        /// Polls an epoll descriptor that watches the shared one, as libuv makes non-blocking what it polls.
        case shared(Poll, epoll: Int32)
        /// A file is always ready, and cannot be polled.
        case file
        case closed
    }

    /// The most bytes read at a time, so that other work gets its turn.
    private static let pieceSize = 16 << 10

    /// - Parameters:
    ///   - received: gets bytes in a buffer that the next read overwrites.
    ///   - ended: called once, at the end or on a read error, and not after `close`.
    public convenience init(
        _ loop: EventLoop, descriptor: Int32, received: @escaping (RawSpan) -> Void, ended: @escaping () -> Void
    ) {
        let isShared = (0...2).contains(descriptor)
        self.init(loop, descriptor: descriptor, isShared: isShared, received: received, ended: ended)
    }

    init(
        _ loop: EventLoop, descriptor: Int32, isShared: Bool, received: @escaping (RawSpan) -> Void,
        ended: @escaping () -> Void
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.isShared = isShared
        self.received = received
        self.ended = ended
        buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        do throws(StreamError) {
            source = try isShared ? Self.shared(loop, descriptor) : .polled(Poll(loop, descriptor: descriptor))
        } catch {
            if error == .system(EPERM) { source = .file }
        }
        switch source {
        case .polled(let poll), .shared(let poll, _):
            poll.ready = { self.read() }
            poll.start(.readable)
        case .file: loop.perform { self.readFile() }
        case .closed: loop.perform { self.end() }
        }
    }

    private static func shared(_ loop: EventLoop, _ descriptor: Int32) throws(StreamError) -> Source {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(errno) }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            let code = errno
            _ = Glibc.close(epoll)
            throw .system(code)
        }
        do throws(StreamError) {
            return .shared(try Poll(loop, descriptor: epoll), epoll: epoll)
        } catch {
            _ = Glibc.close(epoll)
            throw error
        }
    }

    // MARK: Reading

    private func read() {
        // Another process that shares the descriptor may have been faster; then reading would block.
        if case .shared = source, !isReadable { return }
        _ = readOnce()
    }

    private var isReadable: Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) > 0
    }

    private func readFile() {
        if readOnce() { loop.perform { self.readFile() } }
    }

    /// Returns false if nothing more can be read now, or at all.
    private func readOnce() -> Bool {
        if case .closed = source { return false }
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 {
            // The callback may close the reader, and with it everything but the bytes.
            let bytes = buffer
            received(bytes.span.bytes.extracting(first: count))
            return true
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        end()
        return false
    }

    /// Reads what is available and then ends, though somebody may still hold the other end of the pipe.
    func finish() {
        guard ended != nil else { return }
        var available: Int32 = 0
        guard ioctl(descriptor, UInt(FIONREAD), &available) == 0 else { return end() }
        // Bounded: whoever holds the pipe may write forever.
        var pieces = Int(available) / Self.pieceSize + 1
        while pieces > 0, readOnce() { pieces -= 1 }
        end()
    }

    private func end() {
        guard let ended else { return }
        close()
        ended()
    }

    /// Nothing is called afterwards. Calling it again does nothing.
    public func close() {
        guard ended != nil else { return }
        ended = nil
        switch source {
        case .polled(let poll): poll.close()
        case .shared(let poll, let epoll):
            poll.close()
            _ = Glibc.close(epoll)
        case .file, .closed: break
        }
        source = .closed
        if !isShared { _ = Glibc.close(descriptor) }
    }
}
