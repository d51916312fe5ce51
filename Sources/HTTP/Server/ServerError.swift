public import HTTP1

/// Why the connection itself answers a request with an error and then closes.
public enum ServerError: Equatable, Sendable {
    case tooLarge(limit: Int)
    /// The server accepts larger bodies, but the responder of this request does not.
    case tooLargeForResponder(limit: Int)
    case timeout
    /// The caller closed its sending half in the middle of the request.
    case incomplete
    case malformed(RequestError)
    case malformedChunk(ChunkError)
    /// The server holds too many bytes for callers that do not read.
    case overloaded

    public var status: Int {
        switch self {
        case .tooLarge, .tooLargeForResponder: 413
        case .overloaded: 503
        case .timeout: 408
        case .malformed(let error): error.status
        case .incomplete, .malformedChunk: 400
        }
    }

    public var title: String {
        switch self {
        case .tooLarge, .tooLargeForResponder: "The request body is too large"
        case .overloaded: "Too many responses wait to be read"
        case .timeout: "The request takes too long"
        case .incomplete: "The request is not complete"
        case .malformed(let error): error.title
        case .malformedChunk: "The request is not HTTP"
        }
    }

    public var detail: String {
        switch self {
        case .tooLarge(let limit), .tooLargeForResponder(let limit):
            "a request body may have at most \(limit) bytes"
        case .overloaded: "the server is holding too many unread responses; try again later"
        case .timeout: "the rest of the request did not arrive in time"
        case .incomplete: "the connection was closed before the request was complete"
        case .malformed(let error): error.description
        case .malformedChunk(let error): error.description
        }
    }

    public var response: HTTPResponse {
        var response = HTTPResponse.problem(status: status, title: title, detail: detail)
        if self == .overloaded { response.fields.add("Retry-After", "5") }
        return response
    }
}
