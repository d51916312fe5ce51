internal import Glibc

/// Lets one thread wait until another thread rings. It is a pipe because Swift has no condition variable that is
/// `Sendable`.
///
/// Ring it only if a thread waits or is about to wait: rings are stored as bytes, and 64 KB of them fill the pipe.
final class WakePipe: Sendable {
    private let reading: Int32
    private let writing: Int32

    /// Returns nil if no descriptor is left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    func ring() {
        var byte: UInt8 = 1
        while Glibc.write(writing, &byte, 1) < 0, errno == EINTR {}
    }

    /// Waits for one ring, without a limit if `limit` is nil. Returns false if none came in time.
    @discardableResult
    func wait(limit: Duration?) -> Bool {
        let deadline = limit.map { ContinuousClock.now + min($0, .seconds(86_400)) }
        var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            let (seconds, attoseconds) = left?.components ?? (-1, 0)
            // The time is rounded up, so that the deadline has passed when `poll` returns.
            let milliseconds = left == nil ? -1 : seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
            let count = poll(&descriptor, 1, Int32(clamping: max(-1, milliseconds)))
            if count > 0 {
                var byte: UInt8 = 0
                if read(reading, &byte, 1) == 1 { return true }
            } else if count == 0, let deadline, ContinuousClock.now >= deadline {
                return false
            }
        }
    }
}
