import Glibc
import Log

/// Writes whole lines for people and for the host, which reads stdout and stderr line by line (host-contract §11). The
/// console shares the log's sink, so that lines of both keep their order.
///
/// It escapes terminal control sequences, because names and errors come from outside. It keeps line breaks: a text that
/// must stay on one line has to pass through `Escape.line` first.
enum Console {
    static func print(_ text: String) { printStyled(Escape.lines(text)) }

    static func printError(_ text: String) { printStyledError(Escape.lines(text)) }

    /// Prints text with colours. Its parts must be escaped already.
    static func printStyled(_ text: String) { LogSink.standard.print(text) }

    static func printStyledError(_ text: String) { LogSink.standard.print(text, to: .errors) }

    /// The local time, such as `09:07:03`.
    static var clock: String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
