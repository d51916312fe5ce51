internal import Synchronization

/// Where lines go: standard output and standard error, in the order in which they were written.
///
/// At first, whoever writes a line waits until it is written: a command that prints a list loses nothing. After
/// `detach()` a thread does the writing, so that a reader that stalls holds up nobody; lines beyond the queue's capacity
/// are then dropped, counted and, once there is room again, reported. The descriptors are shared with the shell and so
/// stay in blocking mode. A reader that has gone leaves nobody to tell, so that is no error.
public final class LogSink: Sendable {
    public static let standard = LogSink(output: 1, errors: 2)

    private let writer: LogWriter
    private let flushing = Mutex(())

    /// - Parameter capacity: bytes of lines that wait, beside those that are being written.
    public init(output: Int32, errors: Int32, capacity: Int = 1 << 20) {
        writer = LogWriter(output: output, errors: errors, capacity: capacity)
    }

    /// The thread ends once it has written what waits.
    deinit { writer.stop() }

    /// Lets a thread of its own write from now on; the next line starts it. Where none can be started, writing goes on as
    /// before.
    public func detach() { writer.detach() }

    /// Writes one text, which is followed by a line break; line breaks in it are kept. For people: log lines come from a
    /// `Logger`.
    public func print(_ text: String, to stream: LogStream = .output) {
        var line = Array(text.utf8)
        line.append(UInt8(ascii: "\n"))
        write(line, to: stream, format: .text)
    }

    /// Waits until all lines of before are written, but no longer than `limit`; false if it was too short.
    @discardableResult
    public func flush(limit: Duration) -> Bool {
        flushing.withLock { _ in writer.flush(limit: limit) }
    }

    func write(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        writer.append(line, to: stream, format: format)
    }
}
