internal import Glibc

/// A descriptor whose `write` repeats the system call until all bytes are written.
struct OutputDescriptor: Sendable {
    let number: Int32

    /// Drops bytes that cannot be written, because nobody is left to read an error.
    func write(_ bytes: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            // `write` reads from these bytes only while the closure runs.
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(
                    number, UnsafeRawBufferPointer(rebasing: bytes[start..<range.upperBound]).baseAddress,
                    range.upperBound - start)
            }
            if count > 0 {
                start += count
            } else if count < 0, errno == EAGAIN {
                // Another process that shares the descriptor has made it non-blocking.
                var descriptor = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }
}
