import Log

/// The log lines of one invocation. They are written to the live log as they come.
///
/// A caller other than the host also gets copies of them. The host would log a copy once more, always as Information, and
/// would discard it if the invocation fails or the process dies, so it gets none (docs/logging.md).
struct InvocationLog {
    /// The copies. They have at most `byteLimit` bytes in all, because they stay in memory.
    private(set) var lines: [String] = []
    private var bytes = 0

    static let byteLimit = 256 << 10

    /// - Parameter logger: the function's logger. Each line also gets the invocation's id.
    mutating func write(_ level: LogLevel, _ text: String, of invocation: Invocation?, to logger: Logger) {
        guard level >= logger.level else { return }
        // The text is cut first, because no limit on Lua code covers the time that a text of many megabytes takes here.
        let text = Logger.cut(text)
        logger.log(level, text, Self.fields(invocation))
        if let invocation, invocation.wire.isPayload, invocation.request.isOfHost { return }
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return keep(text) }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { keep(String(line)) }
    }

    private mutating func keep(_ line: String) {
        let size = line.utf8.count + 1
        if bytes <= Self.byteLimit {
            lines.append(
                bytes + size <= Self.byteLimit
                    ? line : "further lines are only in the live log; an invocation keeps at most 256 KB")
        }
        bytes += size
    }

    /// Writes a failure to the live log on one line: the message and the innermost position in Lua code.
    static func write(_ failure: InvocationFailure, of invocation: Invocation?, to logger: Logger) {
        let place = failure.traceback.first { !$0.hasPrefix("[C]") }.map { " (\($0))" } ?? ""
        logger.failure(
            "\((failure.message + place).split(separator: "\n").joined(separator: " | "))", fields(invocation))
    }

    private static func fields(_ invocation: Invocation?) -> [LogField] {
        invocation.map { [.invocation($0.id)] } ?? []
    }
}
