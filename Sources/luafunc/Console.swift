import Log

/// Writes whole lines for people and for the host, which reads stdout and stderr line by line (host-contract §11). They
/// share the log's sink, so that both keep their order.
///
/// Escapes terminal control sequences, since names and errors come from elsewhere. Line breaks are kept: a text that
/// must be one line goes through `Escape.line` first.
enum Console {
    static func print(_ text: String) { printStyled(Escape.lines(text)) }

    static func printError(_ text: String) { printStyledError(Escape.lines(text)) }

    /// For text with colours, whose parts are already escaped.
    static func printStyled(_ text: String) { LogSink.standard.print(text) }

    static func printStyledError(_ text: String) { LogSink.standard.print(text, to: .errors) }
}
