internal import CUV
internal import Glibc

/// A TCP connection.
///
/// The loop retains the stream until it has closed, so an owner that no longer needs it must call `close`.
public final class TCPStream: ByteStream {
    static let highWatermark = 64 << 10
    static let lowWatermark = 16 << 10

    public weak var delegate: (any ByteStreamDelegate)?

    private let handle: UnsafeMutablePointer<uv_tcp_t> = .allocate(capacity: 1)
    private var phase = Phase.open
    private var input = Input.paused
    private var output = Output.open
    /// `sending` holds the bytes that libuv is writing. `waiting` collects the bytes written since; they are sent next,
    /// in one piece.
    private var sending = OutputBuffer()
    private var waiting = OutputBuffer()

    private enum Phase {
        case open
        case closing(StreamError?)
        case closed
    }

    private enum Input {
        case paused, reading, ended
    }

    private enum Output {
        case open
        case full
        case finishing
        case ended
        /// The peer is gone. The bytes that it sent earlier are still being read.
        case broken(StreamError)
    }

    /// Takes ownership of a connected descriptor, even if it throws.
    public init(_ loop: EventLoop, descriptor: Int32) throws(StreamError) {
        loop.checkIsolated()
        uv_tcp_init(loop.loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = uv_tcp_open(handle, descriptor)
        guard code == 0 else {
            Glibc.close(descriptor)
            close(with: nil)
            throw .system(-code)
        }
    }

    deinit { handle.deallocate() }

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }

    private var isOpen: Bool { if case .open = phase { true } else { false } }

    public var peer: SocketAddress? {
        var descriptor: Int32 = -1
        let handle = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        guard isOpen, uv_fileno(handle, &descriptor) == 0 else { return nil }
        return SocketAddress(of: descriptor) { getpeername($0, $1, $2) }
    }

    // MARK: Reading

    public func resumeReading() {
        guard isOpen, input == .paused else { return }
        input = .reading
        uv_read_start(
            stream,
            { handle, _, buffer in
                // All streams of a loop share one buffer. libuv asks for a buffer right before it reads and calls
                // back, so no two streams use it at the same time.
                buffer?.pointee = uv_buf_t(
                    base: handle?.pointee.loop.pointee.data?.assumingMemoryBound(to: CChar.self),
                    len: EventLoop.readBufferSize)
            },
            { handle, count, buffer in
                guard let data = handle?.pointee.data else { return }
                // The handle retains the stream until its close callback, which libuv never runs during a read.
                Unmanaged<TCPStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.read(count, buffer?.pointee.base) }
            })
    }

    public func pauseReading() {
        guard isOpen, input == .reading else { return }
        input = .paused
        uv_read_stop(stream)
        // A stream that does not read would never notice the end of the input, so it is closed now.
        if case .broken(let error) = output { close(with: error) }
    }

    private func read(_ count: Int, _ bytes: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            delegate?.streamReceived(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
        } else if count == Int(UV_EOF.rawValue) {
            inputEnded()
        } else if count < 0 {
            close(with: brokenOutput ?? .system(Int32(clamping: -count)))
        }
    }

    private func inputEnded() {
        input = .ended
        uv_read_stop(stream)
        if let brokenOutput { return close(with: brokenOutput) }
        delegate?.streamInputEnded()
        closeIfBothEnded()
    }

    private var brokenOutput: StreamError? { if case .broken(let error) = output { error } else { nil } }

    // MARK: Writing

    public var pendingBytes: Int {
        sending.isEmpty ? 0 : waiting.count + uv_stream_get_write_queue_size(stream)
    }

    public var heldBytes: Int { sending.count + waiting.count }

    /// Stays true until `streamDrained`.
    public var isFull: Bool { if case .full = output { true } else { false } }

    public func write(_ bytes: RawSpan) {
        guard isOpen else { return }
        switch output {
        case .open, .full: bytes.withUnsafeBytes { write($0) }
        case .finishing, .ended, .broken: break
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var written = 0
        if sending.isEmpty {
            // libuv only reads these bytes, although the type does not say so.
            let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            var buffer = uv_buf_t(base: base, len: bytes.count)
            written = Int(uv_try_write(stream, &buffer, 1))
            if written == bytes.count { return }
            if written < 0 {
                guard written == Int(UV_EAGAIN.rawValue) else { return outputBroke(Int32(written)) }
                written = 0
            }
        }
        waiting.append(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        if sending.isEmpty { send() }
        if pendingBytes > Self.highWatermark, isOpen, case .open = output { output = .full }
    }

    private func send() {
        swap(&sending, &waiting)
        let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
        var buffer = uv_buf_t(
            base: sending.bytes.baseAddress?.assumingMemoryBound(to: CChar.self), len: sending.count)
        let code = uv_write(request, stream, &buffer, 1) { request, status in
            guard let request, let data = request.pointee.handle.pointee.data else { return }
            request.deallocate()
            Unmanaged<TCPStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.sent(status) }
        }
        guard code == 0 else {
            request.deallocate()
            return outputBroke(code)
        }
    }

    private func sent(_ status: Int32) {
        sending.removeAll()
        // After `close`, libuv reports queued writes as cancelled.
        guard isOpen else { return }
        if status < 0 { return outputBroke(status) }
        if !waiting.isEmpty { send() }
        switch output {
        case .full where pendingBytes < Self.lowWatermark:
            output = .open
            delegate?.streamDrained()
        case .finishing where sending.isEmpty: shutDown()
        default: break
        }
        if isOpen { delegate?.streamSent() }
    }

    private func outputBroke(_ code: Int32) {
        waiting.removeAll()
        let error = StreamError.system(-code)
        // A server may have sent a response before it closed the connection, for instance that the request is too
        // large. So the stream reads on until the end of the input, and reports the error then.
        if input == .reading, [EPIPE, ECONNRESET, ENOTCONN].contains(-code) {
            output = .broken(error)
        } else {
            close(with: error)
        }
    }

    // MARK: Ending

    public func finish() {
        guard isOpen else { return }
        switch output {
        case .open, .full:
            output = .finishing
            if sending.isEmpty { shutDown() }
        case .finishing, .ended, .broken: break
        }
    }

    private func shutDown() {
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let code = uv_shutdown(request, stream) { request, status in
            guard let request, let data = request.pointee.handle.pointee.data else { return }
            request.deallocate()
            Unmanaged<TCPStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.outputEnded(status) }
        }
        guard code == 0 else {
            request.deallocate()
            return outputBroke(code)
        }
    }

    private func outputEnded(_ status: Int32) {
        guard isOpen else { return }
        if status < 0 { return outputBroke(status) }
        output = .ended
        closeIfBothEnded()
    }

    private func closeIfBothEnded() {
        if input == .ended, case .ended = output { close(with: nil) }
    }

    public func close() { close(with: nil) }

    /// Calls the delegate from libuv's close callback, and so never while the delegate itself is calling the stream.
    private func close(with error: StreamError?) {
        guard isOpen else { return }
        phase = .closing(error)
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<TCPStream>.fromOpaque(data).takeRetainedValue().closed()
        }
    }

    private func closed() {
        guard case .closing(let error) = phase else { return }
        phase = .closed
        delegate?.streamClosed(error)
    }
}
