internal import CUV

/// Calls a function on the loop for each signal to the process. Signals in quick succession may count as one. While the
/// watch is open, the signal does not have its usual effect.
///
/// The loop retains the watch until `close`.
public final class SignalWatch {
    private let handle: UnsafeMutablePointer<uv_signal_t> = .allocate(capacity: 1)
    var received: (() -> Void)?

    /// - Parameter signal: not SIGKILL or SIGSTOP, which cannot be watched.
    public init(_ loop: EventLoop, signal: Int32, received: @escaping () -> Void) {
        self.received = received
        uv_signal_init(loop.loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = uv_signal_start(
            handle,
            { handle, _ in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<SignalWatch>.fromOpaque(data).takeUnretainedValue().received?()
            }, signal)
        precondition(code == 0, "signal \(signal) cannot be watched: \(String(cString: uv_strerror(code)))")
    }

    deinit { handle.deallocate() }

    /// Ends the watch: the function is not called afterwards, and the signal has its earlier effect again. Calling it
    /// again does nothing.
    public func close() {
        guard received != nil else { return }
        received = nil
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<SignalWatch>.fromOpaque(data).release()
        }
    }
}
