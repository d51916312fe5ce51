internal import CUV

/// Calls its function once, some time after `start`. It can be started any number of times.
///
/// Use it only on its loop's thread. Its owner must close it, because the loop retains it until then.
public final class Timer {
    private let handle: UnsafeMutablePointer<uv_timer_t> = .allocate(capacity: 1)
    private let loop: EventLoop
    private var isClosed = false
    /// Called each time the timer fires.
    public var fired: (() -> Void)?

    public init(_ loop: EventLoop, fired: (() -> Void)? = nil) {
        loop.checkIsolated()
        self.loop = loop
        self.fired = fired
        uv_timer_init(loop.loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { handle.deallocate() }

    /// Makes the timer fire once after `duration`, never earlier. Replaces an earlier `start`.
    public func start(after duration: Duration) {
        guard !isClosed else { return }
        // libuv counts whole milliseconds from its last reading of a clock that may be coarse. So the due time is
        // computed here from the exact clock, rounded up, and passed to libuv relative to libuv's own time.
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

    /// No callback runs afterwards. Calling it again does nothing.
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
    /// Calls `work` once after `duration`; closing the timer first prevents that.
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
