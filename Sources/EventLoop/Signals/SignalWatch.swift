internal import CUV

/// Calls its function on the loop for each signal that reaches the process; those that come in quick succession may be
/// one. While a watch is open the signal does nothing else.
///
/// The loop keeps it until `close`.
public final class SignalWatch {
    private let handle: UnsafeMutablePointer<uv_signal_t> = .allocate(capacity: 1)
    var received: (() -> Void)?

    /// - Parameter signal: SIGKILL and SIGSTOP cannot be watched, which is a mistake in the program.
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

    /// Nothing is called afterwards, and the signal does again what it did before. Calling it again does nothing.
    public func close() {
        guard received != nil else { return }
        received = nil
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<SignalWatch>.fromOpaque(data).release()
        }
    }
}
