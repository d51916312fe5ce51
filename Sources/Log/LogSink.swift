internal import Synchronization

/// The destination of lines: standard output and standard error.
///
/// At first, callers wait until their line is written, so that a command that prints a list loses nothing. After
/// `detach()`, a separate thread writes the lines in order, so that a slow reader delays nobody. Lines beyond the
/// queue's capacity are then dropped and counted, and the count is reported once there is room again. The descriptors
/// stay in blocking mode, because the shell shares them. If the reader is gone, lines are dropped silently, because
/// nobody is left to read an error.
public final class LogSink: Sendable {
    public static let standard = LogSink(output: 1, errors: 2)

    private let writer: LogWriter
    private let flushing = Mutex(())

    /// - Parameter capacity: the most bytes that waiting lines may have, in addition to those being written.
    public init(output: Int32, errors: Int32, capacity: Int = 1 << 20) {
        writer = LogWriter(output: output, errors: errors, capacity: capacity)
    }

    /// The thread ends once it has written all waiting lines.
    deinit { writer.stop() }

    /// Lets a separate thread write from now on. The next line starts the thread. If it cannot be started, callers
    /// continue to write themselves.
    public func detach() { writer.detach() }

    /// Writes a text for people, and a line break. Line breaks in the text are kept. Use a `Logger` for log lines.
    public func print(_ text: String, to stream: LogStream = .output) {
        var line = Array(text.utf8)
        line.append(UInt8(ascii: "\n"))
        write(line, to: stream, format: .text)
    }

    /// Waits until all earlier lines are written, but at most for `limit`. Returns false if that was not enough.
    @discardableResult
    public func flush(limit: Duration) -> Bool {
        flushing.withLock { _ in writer.flush(limit: limit) }
    }

    func write(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        writer.append(line, to: stream, format: format)
    }
}
