import FunctionsModel
public import Log
package import Lua

/// The limits and settings of all functions whose function.json sets none.
public struct InvocationOptions: Sendable {
    /// The memory limit of each VM in bytes.
    public var memoryLimit: Int
    /// The time limit of an invocation; nil for the limit in host.json.
    public var timeLimit: Duration?
    /// The length of a time slice in milliseconds of CPU time, while other work waits for the thread. The kernel rounds
    /// it up to its tick, which is 4 ms at 250 Hz. A timer that is set to exactly 4 ms often misses a tick.
    let slice = 2
    public var logger: Logger
    /// Whether callers who sent their own request are shown why a function failed. This is meant only for development.
    public var showsErrors: Bool
    public var callerCheck: CallerCheck
    /// Records the lines of scripts that run, for tests.
    package var lines: LineRecord?
    /// Whether at least two VMs run each function by turns. A function that keeps state in variables, which several
    /// VMs do not share in production, then shows it in development.
    public var alternatesVMs: Bool

    public init(
        memoryLimit: Int = 64 << 20, timeLimit: Duration? = nil, logger: Logger, showsErrors: Bool = false,
        callerCheck: CallerCheck = .open, alternatesVMs: Bool = false
    ) {
        self.memoryLimit = memoryLimit
        self.timeLimit = timeLimit
        self.logger = logger
        self.showsErrors = showsErrors
        self.callerCheck = callerCheck
        self.alternatesVMs = alternatesVMs
    }
}

extension InvocationOptions {
    func logger(for function: Function) -> Logger { logger.with(.function(function.name)) }
}
