public import FunctionsModel

/// An event that the host reports to the person who started it.
public enum HostEvent: Sendable {
    /// Every function can be called, although the handler may still be starting.
    case listening(HostListing)
    /// The app was read again after a save.
    case reloaded(HostListing)
    case handlerReady(after: Duration)
    case handlerEnded(String, isCrash: Bool)
    case handlerLine(HandlerLine)
    /// The MCP servers whose tools, resources or prompts are new or have changed.
    case offers([MCPOffer])
    case invocationStarted(InvocationStart)
    case invocationEnded(InvocationEnd)
    /// Something works differently from what its author may expect.
    case warning(String)
    case error(String)
}

/// The functions that can be called, and how.
public struct HostListing: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        /// The trigger's type as it is written in function.json.
        public let trigger: String
        public var isHTTP = false
        /// The methods of an HTTP trigger, in the usual order; empty for all.
        public var methods: [String] = []
        /// A URL, or the trigger's source: `orders`, `0 */5 * * * *`, `uploads/{name}`.
        public var address: String
        /// Why the function cannot run, or runs only in its previous version; nil if all is well.
        public var problem: String?
    }

    public let root: String
    /// `http://localhost:7071`
    public let address: String
    public var functions: [Entry]
    public var problems: [Problem]
    public var warnings: [Problem]
    /// With `--auth`: the key that opens everything.
    public var masterKey: String?
    /// With `--https`: the file of the certificate that callers have to trust.
    public var certificate: String?
}

public struct InvocationStart: Sendable {
    public let id: String
    public let function: String
    /// The cause: `GET /api/hello`, `queue orders`.
    public let cause: String
}

public struct InvocationEnd: Sendable {
    public let id: String
    public let function: String
    public let cause: String
    public let duration: Duration
    /// The status that the caller got; nil if no caller waits for a response.
    public var status: Int?
    /// The reason why the invocation failed; nil if it succeeded.
    public var failure: String?
    /// More about the failure, such as a stack traceback.
    public var detail: [String] = []
    /// The `Logs` of the answer.
    public var logs: [String] = []
    /// The outputs written: `queue orders`, `blob shipped/7.json`.
    public var outputs: [String] = []
    public var warnings: [String] = []
    /// The call of an MCP client, which says more than the cause and the status.
    public var call: Call?

    public struct Call: Sendable {
        /// `tools/call forecast {"city":"Oslo"}`
        public let text: String
        /// `ok`, `asks`, `error`, a code of JSON-RPC, or the status of HTTP.
        public let outcome: String
        /// What the tool or the server says of an error.
        public let detail: String?
        public var isFailure = false
    }
}
