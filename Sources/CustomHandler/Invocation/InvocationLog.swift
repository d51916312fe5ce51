import Log

/// What one invocation logged: kept for `Logs`, and written live as it comes.
struct InvocationLog {
    /// One line each, at most `byteLimit` bytes in all: the host keeps them in memory (host-contract §19).
    private(set) var lines: [String] = []
    private var bytes = 0
    /// The function's, to which each line adds the invocation.
    private let logger: Logger

    static let byteLimit = 256 << 10

    init(_ logger: Logger) { self.logger = logger }

    mutating func write(_ level: LogLevel, _ text: String, of invocation: Invocation?) {
        guard level >= logger.level else { return }
        let fields = Self.fields(invocation)
        // One text of many megabytes would be as many lines at once, which no limit on Lua code sees.
        let isCut = text.utf8.count > Self.byteLimit
        let text = isCut ? String(text.unicodeScalars.prefix(Self.byteLimit)) + " … (cut)" : text
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return write(line: text, level, fields) }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            write(line: String(line), level, fields)
        }
    }

    private mutating func write(line: String, _ level: LogLevel, _ fields: [LogField]) {
        logger.log(level, line, fields)
        let size = line.utf8.count + 1
        if bytes <= Self.byteLimit {
            lines.append(
                bytes + size <= Self.byteLimit
                    ? line : "further lines are only in the live log: one invocation keeps 256 KB")
        }
        bytes += size
    }

    /// Writes a failure live, with the first thing a reader needs, on one line.
    func write(_ failure: InvocationFailure, of invocation: Invocation?) {
        Self.write(failure, of: invocation, to: logger)
    }

    static func write(_ failure: InvocationFailure, of invocation: Invocation?, to logger: Logger) {
        let place = failure.traceback.first { !$0.hasPrefix("[C]") }.map { " (\($0))" } ?? ""
        logger.error(
            "\((failure.message + place).split(separator: "\n").joined(separator: " | "))", fields(invocation))
    }

    private static func fields(_ invocation: Invocation?) -> [LogField] {
        invocation.map { [.invocation($0.id)] } ?? []
    }
}
