public import CustomHandler

/// Something the host tells the person who started it.
public enum HostEvent: Sendable {
    /// Everything can be called, though the handler may still start.
    case listening(HostListing)
    /// The app was read again after a save.
    case reloaded(HostListing)
    case handlerReady(after: Duration)
    case handlerEnded(String, isCrash: Bool)
    case handlerLine(HandlerLine)
    case invocationStarted(InvocationStart)
    case invocationEnded(InvocationEnd)
    /// Something works otherwise than its author may expect.
    case warning(String)
    case error(String)
}

/// What can be called, and how.
public struct HostListing: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        /// The trigger's type, as function.json has it.
        public let trigger: String
        /// Methods of an HTTP trigger, in the order people expect; empty for all.
        public var methods: [String] = []
        /// A URL, or where the trigger listens: `orders`, `0 */5 * * * *`, `uploads/{name}`.
        public var address: String
    }

    public let root: String
    /// `http://localhost:7071`
    public let address: String
    public var functions: [Entry]
    public var problems: [Problem]
    public var warnings: [Problem]
    /// With `--auth`: the key that opens everything.
    public var masterKey: String?
}

public struct InvocationStart: Sendable {
    public let id: String
    public let function: String
    /// What triggered it: `GET /api/hello`, `queue orders`.
    public let cause: String
}

public struct InvocationEnd: Sendable {
    public let id: String
    public let function: String
    public let cause: String
    public let duration: Duration
    /// The status its caller got; nil where nobody waits for a response.
    public var status: Int?
    /// Why it failed; nil if it succeeded.
    public var failure: String?
    /// More about the failure, such as a stack traceback.
    public var detail: [String] = []
    /// `Logs` of its answer.
    public var logs: [String] = []
    /// What was written: `queue orders`, `blob shipped/7.json`.
    public var outputs: [String] = []
    public var warnings: [String] = []
}
