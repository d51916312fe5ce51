internal import Synchronization

/// The destination of lines: standard output and standard error, in the order of writing.
///
/// At first, a writer waits until its line is written: a command that prints a list loses nothing. After `detach()` a
/// thread writes, so that a stalled reader delays nobody; lines beyond the queue's capacity are then dropped, counted
/// and, once there is room again, reported. The descriptors are shared with the shell, so they stay in blocking mode.
/// If the reader is gone, there is nobody to tell, so that is no error.
public final class LogSink: Sendable {
    public static let standard = LogSink(output: 1, errors: 2)

    private let writer: LogWriter
    private let flushing = Mutex(())

    /// - Parameter capacity: the greatest size of waiting lines in bytes, in addition to those being written.
    public init(output: Int32, errors: Int32, capacity: Int = 1 << 20) {
        writer = LogWriter(output: output, errors: errors, capacity: capacity)
    }

    /// The thread ends once it has written all waiting lines.
    deinit { writer.stop() }

    /// Lets a separate thread write from now on; the next line starts it. If no thread can be started, callers continue
    /// to write.
    public func detach() { writer.detach() }

    /// Writes one text and a line break; line breaks in it are kept. For people: log lines come from a `Logger`.
    public func print(_ text: String, to stream: LogStream = .output) {
        var line = Array(text.utf8)
        line.append(UInt8(ascii: "\n"))
        write(line, to: stream, format: .text)
    }

    /// Waits until all earlier lines are written, at most for `limit`; returns false if that was not enough.
    @discardableResult
    public func flush(limit: Duration) -> Bool {
        flushing.withLock { _ in writer.flush(limit: limit) }
    }

    func write(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        writer.append(line, to: stream, format: format)
    }
}
