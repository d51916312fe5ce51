import Log

/// Writes whole lines for people and for the host, which reads stdout and stderr line by line (host-contract §11). They
/// go the way of the log, so that both keep their order.
///
/// What steers a terminal is shown escaped, since names and errors are not luafunc's own. Line breaks are kept: a text
/// that must be one line goes through `Escape.line` before.
enum Console {
    static func print(_ text: String) { printStyled(Escape.lines(text)) }

    static func printError(_ text: String) { printStyledError(Escape.lines(text)) }

    /// Of a text with colours, whose parts were escaped before.
    static func printStyled(_ text: String) { LogSink.standard.print(text) }

    static func printStyledError(_ text: String) { LogSink.standard.print(text, to: .errors) }
}
