internal import CUV

/// Calls its function once, some time after `start`. It may be started again and again; `close` gives it back.
///
/// Lives on its loop's thread. An owner must close it: until then the loop keeps it.
public final class Timer {
    private let handle: UnsafeMutablePointer<uv_timer_t> = .allocate(capacity: 1)
    private let loop: EventLoop
    private var isClosed = false
    /// Called each time it goes off.
    public var fired: (() -> Void)?

    public init(_ loop: EventLoop, fired: (() -> Void)? = nil) {
        loop.checkIsolated()
        self.loop = loop
        self.fired = fired
        uv_timer_init(loop.loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { handle.deallocate() }

    /// Goes off once after `duration`, never before. Replaces an earlier start.
    public func start(after duration: Duration) {
        guard !isClosed else { return }
        // libuv counts whole milliseconds from when it last looked at a clock that may be a coarse one. So the moment is
        // fixed here, rounded up, and libuv is told how far it is from what it takes for now.
        let due = max(0, (MonotonicTime.now + max(.zero, duration)).nanoseconds)
        let milliseconds = UInt64(due / 1_000_000) + (due % 1_000_000 == 0 ? 0 : 1)
        let now = uv_now(loop.loop)
        uv_timer_start(
            handle,
            { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<Timer>.fromOpaque(data).takeUnretainedValue().fired?()
            }, duration <= .zero || milliseconds <= now ? 0 : milliseconds - now, 0)
    }

    public func stop() {
        guard !isClosed else { return }
        uv_timer_stop(handle)
    }

    /// Nothing is called afterwards. Calling it again does nothing.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        fired = nil
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<Timer>.fromOpaque(data).release()
        }
    }
}

extension EventLoop {
    /// Calls `work` once after `duration`; closing the timer before takes that back.
    @discardableResult
    public func schedule(after duration: Duration, _ work: @escaping () -> Void) -> Timer {
        let timer = Timer(self)
        timer.fired = { [unowned timer] in
            timer.close()
            work()
        }
        timer.start(after: duration)
        return timer
    }
}
