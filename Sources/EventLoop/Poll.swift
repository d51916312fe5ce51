internal import CUV

/// Watches a descriptor that somebody else owns, for reading or writing.
///
/// The loop retains it until `close`. Call `close` before the descriptor is closed.
final class Poll {
    enum Interest {
        case readable, writable
    }

    private let handle: UnsafeMutablePointer<uv_poll_t> = .allocate(capacity: 1)
    private var isClosed = false
    /// Called each time the descriptor is ready or has failed. The next system call on the descriptor shows which.
    var ready: (() -> Void)?

    init(_ loop: EventLoop, descriptor: Int32) throws(StreamError) {
        loop.checkIsolated()
        let code = uv_poll_init(loop.loop, handle, descriptor)
        guard code == 0 else {
            // libuv has not taken the handle, so there is nothing to close.
            throw .system(-code)
        }
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { handle.deallocate() }

    /// Starts watching. Once the descriptor has failed, it is watched again only after another call.
    func start(_ interest: Interest) {
        guard !isClosed else { return }
        let events = interest == .readable ? UV_READABLE : UV_WRITABLE
        uv_poll_start(handle, Int32(events.rawValue)) { handle, _, _ in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<Poll>.fromOpaque(data).takeUnretainedValue().ready?()
        }
    }

    func stop() {
        guard !isClosed else { return }
        uv_poll_stop(handle)
    }

    /// No callback runs afterwards. Calling it again does nothing.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        ready = nil
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<Poll>.fromOpaque(data).release()
        }
    }
}
