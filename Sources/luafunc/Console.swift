import Log

/// Writes whole lines for people and for the host, which reads stdout and stderr line by line (host-contract §11). They
/// go the way of the log, so that both keep their order.
enum Console {
    static func print(_ line: String) { LogSink.standard.print(line) }

    static func printError(_ line: String) { LogSink.standard.print(line, to: .errors) }
}
