internal import Glibc

/// The streams that a program is started with. The shell shares them, so their flags are never changed.
public enum StandardStream: Int32, Sendable {
    case input, output, errors

    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes with one system call unless the reader is too slow, so that lines of different threads do not mix.
    public func write(_ bytes: RawSpan) throws(FileError) { try FileDescriptor.write(bytes, to: rawValue, name) }

    public func write(_ text: String) throws(FileError) { try write(text.utf8Span.span.bytes) }

    private var name: String {
        switch self {
        case .input: "standard input"
        case .output: "standard output"
        case .errors: "standard error"
        }
    }
}
