/// What a custom handler answered to the payload of one invocation.
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

/// Everything an answer leads to.
public struct Delivery: Sendable {
    /// Why the invocation fails, in the host's own words where they are known, and how to put it right.
    public var failure: String?
    /// What the handler wrote instead of an answer the host takes; the host puts it into its error log.
    public var detail: String?
    /// Nothing is reported back, and the invocation runs into its time limit (host-contract §9.1).
    public var hangs = false
    /// Survive a failure of the outputs.
    public var logs: [String] = []
    /// What the caller of an HTTP trigger gets; nil for other triggers, and if the invocation fails or hangs.
    public var http: HTTPResult?
    /// In the order of function.json. What is written stays written, also if another output fails.
    public var outputs: [WrittenOutput] = []
    /// What the host did otherwise than the handler's author may expect, without a word.
    public var warnings: [String] = []

    public init() {}
}

/// What the caller of an HTTP trigger sees; the length of the body is the server's matter.
public struct HTTPResult: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What one output other than HTTP is given.
public struct WrittenOutput: Sendable {
    /// Of the binding.
    public let name: String
    /// One for each message or row; for a blob, its content.
    public let messages: [[UInt8]]

    public init(name: String, messages: [[UInt8]]) {
        self.name = name
        self.messages = messages
    }
}
