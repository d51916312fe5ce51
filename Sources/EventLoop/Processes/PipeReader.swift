internal import CUV
internal import Glibc

/// Reads a descriptor until its end: a pipe, a terminal, or a file.
///
/// It owns the descriptor, unless the descriptor is 0, 1 or 2: those are shared with the shell that started the
/// program. The reader neither closes them nor makes them non-blocking, because that would affect every process that
/// shares them. The loop retains the reader until the end of the input or `close`.
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
        /// libuv makes the descriptors that it polls non-blocking. So it polls an epoll descriptor, which watches the
        /// shared descriptor.
        case shared(Poll, epoll: Int32)
        /// A file is always ready. epoll refuses it.
        case file
        case closed
    }

    /// The most bytes read at a time, so that other work on the loop gets its turn.
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
        // Another process that shares the descriptor may have read the bytes already; `read` would then block the loop.
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

    /// Reads one piece. Returns false if nothing can be read at the moment, or the input has ended.
    private func readOnce() -> Bool {
        if case .closed = source { return false }
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 {
            // The callback may close the reader, so the bytes are kept in a local variable.
            let bytes = buffer
            received(bytes.span.bytes.extracting(first: count))
            return true
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        end()
        return false
    }

    /// Reads the bytes that are available and then ends, even if another process still holds the pipe's writing end.
    func finish() {
        guard ended != nil else { return }
        var available: Int32 = 0
        guard ioctl(descriptor, UInt(FIONREAD), &available) == 0 else { return end() }
        // The number of reads is bounded, because the process that holds the pipe may write forever.
        var pieces = Int(available) / Self.pieceSize + 1
        while pieces > 0, readOnce() { pieces -= 1 }
        end()
    }

    private func end() {
        guard let ended else { return }
        close()
        ended()
    }

    /// No callback runs afterwards. Calling it again does nothing.
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
