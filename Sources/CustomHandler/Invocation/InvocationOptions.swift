public import Logging

/// What the app's owner allows every function that does not say otherwise.
public struct InvocationOptions: Sendable {
    /// In bytes, for each function on each worker.
    public var memoryLimit: Int
    /// nil for no limit.
    public var timeLimit: Duration?
    /// How long one invocation's code runs while others want the thread, in milliseconds of CPU time.
    let slice = 4
    public var logger: Logger

    public init(memoryLimit: Int = 64 << 20, timeLimit: Duration? = .seconds(300), logger: Logger) {
        self.memoryLimit = memoryLimit
        self.timeLimit = timeLimit
        self.logger = logger
    }
}

/// The keys of log metadata, which the console and the JSON log print as they are.
public enum LogKey {
    public static let function = "function"
    public static let invocation = "invocationId"
}
