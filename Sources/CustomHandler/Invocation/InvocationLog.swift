import Logging

/// What one invocation logged: kept for `Logs`, and written live as it comes.
struct InvocationLog {
    /// One line each, at most `byteLimit` bytes in all: the host keeps them in memory (host-contract §19).
    private(set) var lines: [String] = []
    private var bytes = 0
    /// The function's, to which each line adds the invocation.
    private let base: Logger
    private let invocationID: String?

    static let byteLimit = 256 << 10

    init(logger: Logger, invocationID: String?) {
        base = logger
        self.invocationID = invocationID
    }

    private var logger: Logger {
        guard let invocationID else { return base }
        var logger = base
        logger[metadataKey: LogKey.invocation] = "\(invocationID)"
        return logger
    }

    mutating func write(_ level: Logger.Level, _ text: String) {
        let logger = logger
        // One text of many megabytes would be as many lines at once, which no limit on Lua code sees.
        let isCut = text.utf8.count > Self.byteLimit
        let text = isCut ? String(text.unicodeScalars.prefix(Self.byteLimit)) + " … (cut)" : text
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            logger.log(level: level, "\(line)")
            guard level >= logger.logLevel else { continue }
            let size = line.utf8.count + 1
            if bytes <= Self.byteLimit {
                lines.append(
                    bytes + size <= Self.byteLimit
                        ? String(line) : "further lines are only in the live log: one invocation keeps 256 KB")
            }
            bytes += size
        }
    }

    /// Writes a failure live, with the first thing a reader needs, on one line.
    func write(_ failure: InvocationFailure) {
        let place = failure.traceback.first { !$0.hasPrefix("[C]") }.map { " (\($0))" } ?? ""
        logger.error("\((failure.message + place).split(separator: "\n").joined(separator: " | "))")
    }
}
