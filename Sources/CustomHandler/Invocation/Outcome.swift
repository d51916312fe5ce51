import HTTP
import Lua

/// How an invocation ended.
enum Outcome {
    /// The body is in the VM's writer, where it is valid until other code runs there. It is a response payload, that
    /// is, a JSON object (host-contract §9), or the response to a caller's own request.
    case written(status: Int, contentType: StaticString)
    /// A response with header fields of its own.
    case response(HTTPResponse)
    /// This function or coroutine produces the body and runs next. With a head, the pieces are sent after it as they
    /// come; without a head, they are kept for the payload.
    case streamed(LuaReference, head: HTTPResponse?)
    case failed(InvocationFailure)
    /// There is nothing more to send: the script is loaded, or the body was sent piece by piece.
    case complete

    var isFailure: Bool { if case .failed = self { true } else { false } }

    static let payload = Outcome.written(status: 200, contentType: "application/json")
}

/// The reason why an invocation failed, as it is reported to the caller and in the log.
public struct InvocationFailure: Error, Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The caller sent something that no function can take.
        case request
        /// The function is missing, broken or failed.
        case function
        /// The function used up its time or its memory.
        case limit
    }

    public var reason: Reason
    public var message: String
    /// The active calls, innermost first.
    public var traceback: [String] = []
    /// Copies of the lines that the invocation logged before it failed, for a caller who does not read the log.
    public var logs: [String] = []

    public init(_ reason: Reason, _ message: String, traceback: [String] = [], logs: [String] = []) {
        self.reason = reason
        self.message = message
        self.traceback = traceback
        self.logs = logs
    }

    /// The message and the traceback as readable text.
    public var text: String {
        var text = message
        if !traceback.isEmpty { text += "\nstack traceback:\n" + traceback.map { "\t" + $0 }.joined(separator: "\n") }
        return text
    }
}
