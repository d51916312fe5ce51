/// The level of a line. The raw values are the names that scripts and `--log-level` use.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info
    case warning = "warn"
    case error

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
