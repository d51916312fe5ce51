import FunctionsModel
public import Log

/// The limits and settings of every function whose function.json sets none of its own.
public struct InvocationOptions: Sendable {
    /// In bytes, for each function on each worker.
    public var memoryLimit: Int
    /// nil for the limit in host.json.
    public var timeLimit: Duration?
    /// The length of a time slice while others want the thread, in milliseconds of CPU time. The kernel rounds up to
    /// its tick, 4 ms at 250 Hz; a timer set to exactly 4 ms often misses one.
    let slice = 2
    public var logger: Logger
    /// Shows callers who sent their own request why a function failed. For development only.
    public var showsErrors: Bool
    public var callerCheck: CallerCheck

    public init(
        memoryLimit: Int = 64 << 20, timeLimit: Duration? = nil, logger: Logger, showsErrors: Bool = false,
        callerCheck: CallerCheck = .open
    ) {
        self.memoryLimit = memoryLimit
        self.timeLimit = timeLimit
        self.logger = logger
        self.showsErrors = showsErrors
        self.callerCheck = callerCheck
    }
}

extension InvocationOptions {
    func logger(for function: Function) -> Logger { logger.with(.function(function.name)) }
}
