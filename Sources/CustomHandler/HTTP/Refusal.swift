import NIOHTTP1

/// Why a request is answered before it is complete, and its connection closed.
enum Refusal: Equatable {
    /// In bytes.
    case tooLarge(Int)
    case timeout
    case version
    case host
    case ambiguousLength
    case malformed(HTTPParserError)

    var response: Response { ProblemDetails.response(status, title: title, detail: detail) }

    var status: HTTPResponseStatus {
        switch self {
        case .tooLarge: .payloadTooLarge
        case .timeout: .requestTimeout
        case .version: .httpVersionNotSupported
        case .malformed(.headerOverflow): .requestHeaderFieldsTooLarge
        case .host, .ambiguousLength, .malformed: .badRequest
        }
    }

    private var title: String {
        switch self {
        case .tooLarge: "The request body is too large"
        case .timeout: "The request takes too long"
        case .version: "The HTTP version is not known"
        case .malformed(.headerOverflow): "The request headers are too large"
        case .host, .ambiguousLength, .malformed: "The request is not HTTP"
        }
    }

    private var detail: String {
        switch self {
        case .tooLarge(let limit):
            "a request body may have at most \(ByteCount.text(limit)); raise it with --body-limit"
        case .timeout: "the rest of the request did not come in time"
        case .version: "send HTTP/1.1"
        case .host: "a request has exactly one Host header"
        case .ambiguousLength: "a request has a Content-Length or, in HTTP/1.1, a Transfer-Encoding, not both"
        case .malformed(.headerOverflow): "a request's headers may have at most 64 KB in all, and be at most 256"
        case .malformed(let error): "it cannot be read: \(error)"
        }
    }
}
