import NIOCore

/// One call of one function, as it came in.
final class Invocation: Sendable {
    enum Input: Sendable {
        /// `{"Data":…,"Metadata":…}` (host-contract §6).
        case payload(ByteBuffer)
        /// The caller's own request, the URL it went to, and what its route made of the path (host-contract §7, §8).
        case request(Request, url: String, Parameters)
    }

    /// What a route made of a path; a missing optional parameter has no value.
    typealias Parameters = [(name: String, value: String?)]

    /// The host's id of this attempt, or one of our own.
    let id: String
    let function: Function
    let input: Input
    /// The Functions host's version; nil where somebody else calls.
    let hostVersion: String?
    /// The W3C trace context of the call.
    let traceparent: String?

    init(id: String, function: Function, input: Input, hostVersion: String? = nil, traceparent: String? = nil) {
        self.id = id
        self.function = function
        self.input = input
        self.hostVersion = hostVersion
        self.traceparent = traceparent
    }

    /// nil for a caller's own request.
    var payload: ByteBuffer? { if case .payload(let payload) = input { payload } else { nil } }
}

/// How an invocation ended.
enum Outcome: Sendable {
    /// The response payload, a JSON object (host-contract §9).
    case payload(ByteBuffer)
    /// The response to the caller's own request; its body may still be on its way.
    case response(Response)
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
