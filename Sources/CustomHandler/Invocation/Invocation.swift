public import NIOCore

/// One call of one function, as it came in.
public struct Invocation: Sendable {
    /// The host's id of this attempt, or one of our own.
    public let id: String
    public let function: Function
    /// `{"Data":…,"Metadata":…}` (host-contract §6).
    public let payload: ByteBuffer
    /// The Functions host's version; nil where somebody else calls.
    public var hostVersion: String?
    /// The W3C trace context of the call.
    public var traceparent: String?

    public init(
        id: String, function: Function, payload: ByteBuffer, hostVersion: String? = nil, traceparent: String? = nil
    ) {
        self.id = id
        self.function = function
        self.payload = payload
        self.hostVersion = hostVersion
        self.traceparent = traceparent
    }
}

/// How an invocation ended.
public enum Outcome: Sendable {
    /// The response payload, a JSON object (host-contract §9).
    case succeeded(ByteBuffer)
    case failed(InvocationFailure)
}

/// Why an invocation failed, as its caller and the log are told.
public struct InvocationFailure: Error, Sendable, Equatable {
    public enum Fault: Sendable, Equatable {
        /// The caller sent what no function can take.
        case request
        /// The function is missing, broken or failed.
        case function
        /// The function used up its time or its memory.
        case limit
    }

    public var fault: Fault
    public var message: String
    /// Innermost call first.
    public var traceback: [String] = []
    /// What the invocation logged before it failed.
    public var logs: [String] = []

    public init(_ fault: Fault, _ message: String, traceback: [String] = [], logs: [String] = []) {
        self.fault = fault
        self.message = message
        self.traceback = traceback
        self.logs = logs
    }

    /// All of it as text for people.
    public var text: String {
        var text = message
        if !traceback.isEmpty { text += "\nstack traceback:\n" + traceback.map { "\t" + $0 }.joined(separator: "\n") }
        if !logs.isEmpty { text += "\nlogs:\n" + logs.map { "\t" + $0 }.joined(separator: "\n") }
        return text
    }
}
