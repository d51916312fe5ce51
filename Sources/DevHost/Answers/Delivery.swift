/// A custom handler's answer to the payload of one invocation.
public struct Answer: Sendable {
    public let status: Int
    public let contentType: String?
    public let body: [UInt8]

    public init(status: Int, contentType: String?, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// All effects of an answer.
public struct Delivery: Sendable {
    /// The reason why the invocation fails, in the host's own words if they are known, and how to fix it.
    public var failure: String?
    /// The handler's unusable answer, which the host puts into its error log.
    public var detail: String?
    /// Whether nothing is reported back, so that the invocation runs into its time limit (host-contract §9.1).
    public var hangs = false
    /// The log lines, which survive a failure of the outputs.
    public var logs: [String] = []
    /// The response for an HTTP trigger's caller; nil for other triggers, and if the invocation fails or hangs.
    public var http: HTTPResult?
    /// The reason why the caller gets an empty 500 in place of the function's response, although the invocation succeeds.
    /// A status that only the real host's server would send stays in `http`.
    public var unsendable: String?
    /// The written outputs, in the order of function.json. They stay written even if another output fails.
    public var outputs: [WrittenOutput] = []
    /// Warnings about what the host silently did differently from what the handler's author may expect.
    public var warnings: [String] = []

    public init() {}
}

/// The response that an HTTP trigger's caller sees.
public struct HTTPResult: Sendable {
    /// How the caller learns where the body ends.
    public enum Framing: Sendable, Equatable {
        /// `Content-Length`, which may be wrong.
        case contentLength(Int)
        case chunks
        /// The server decides.
        case none
    }

    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    public var framing = Framing.none

    /// Whether the body has another length than its head says, so that the caller gets a broken response.
    public var breaksOff: Bool { if case .contentLength(let length) = framing { length != body.count } else { false } }

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The values for one output other than HTTP.
public struct WrittenOutput: Sendable {
    /// The binding's name.
    public let name: String
    /// The messages or rows; for a blob, a single element with its content.
    public let messages: [[UInt8]]

    public init(name: String, messages: [[UInt8]]) {
        self.name = name
        self.messages = messages
    }
}
