public import Log

/// What the app's owner allows every function that does not say otherwise.
public struct InvocationOptions: Sendable {
    /// In bytes, for each function on each worker.
    public var memoryLimit: Int
    /// nil for what host.json allows.
    public var timeLimit: Duration?
    /// How long one invocation's code runs while others want the thread, in milliseconds of CPU time. The kernel rounds
    /// up to its own tick, 4 ms at 250 Hz; asked for just that, it often misses one.
    let slice = 2
    public var logger: Logger
    /// Callers whose own requests come to a function are told why it failed. For development only.
    public var showsErrors: Bool
    public var door: Door

    public init(
        memoryLimit: Int = 64 << 20, timeLimit: Duration? = nil, logger: Logger, showsErrors: Bool = false,
        door: Door = .open
    ) {
        self.memoryLimit = memoryLimit
        self.timeLimit = timeLimit
        self.logger = logger
        self.showsErrors = showsErrors
        self.door = door
    }
}

extension InvocationOptions {
    func logger(for function: Function) -> Logger { logger.with(.function(function.name)) }
}
