/// Why a request is refused. The server closes the connection after the response, because it cannot tell where the next
/// request begins.
public enum RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The request line is not `METHOD target HTTP/1.1`.
    case requestLine
    case target
    case targetTooLong(limit: Int)
    case version
    case fieldName
    case fieldValue
    /// A field value continues on the next line.
    case foldedField
    /// A line ends with a lone line feed or carriage return.
    case lineEnd
    case tooLarge(HeadLimits)
    /// An HTTP/1.1 request does not have exactly one `Host`.
    case hostCount
    case host
    /// `Content-Length` is not exactly one number.
    case contentLength
    /// There are a length and a transfer coding, or a transfer coding in HTTP/1.0.
    case ambiguousLength
    /// The transfer codings do not end with `chunked`, or name it twice.
    case transferEncoding
    /// There are transfer codings other than `chunked`.
    case unknownCoding

    /// The status of the response.
    public var status: Int {
        switch self {
        case .version: 505
        case .unknownCoding: 501
        case .tooLarge: 431
        case .targetTooLong: 414
        case .requestLine, .target, .fieldName, .fieldValue, .foldedField, .lineEnd, .hostCount, .host, .contentLength,
            .ambiguousLength, .transferEncoding:
            400
        }
    }

    /// A few words for the title of the response.
    public var title: String {
        switch self {
        case .version: "The HTTP version is not supported"
        case .unknownCoding: "The transfer coding is not supported"
        case .tooLarge: "The request headers are too large"
        case .targetTooLong: "The request target is too long"
        case .requestLine, .target, .fieldName, .fieldValue, .foldedField, .lineEnd, .hostCount, .host, .contentLength,
            .ambiguousLength, .transferEncoding:
            "The request is not HTTP"
        }
    }

    public var description: String {
        switch self {
        case .requestLine: "the request line is not of the form \"GET /path HTTP/1.1\""
        case .target:
            "the request target is neither a path that begins with / nor an http or https URL; percent-encode spaces, "
                + "control characters and #"
        case .targetTooLong(let limit): "the request line has more than \(HeadLimits.text(limit))"
        case .version: "send HTTP/1.1"
        case .fieldName: "a header name must be a word of letters, digits and -, followed directly by a colon"
        case .fieldValue: "a header value has a control character"
        case .foldedField: "a header value continues on the next line; write it on one line"
        case .lineEnd: "a line of the head does not end with a carriage return and a line feed"
        case .tooLarge(let limits):
            "a request's headers may have at most \(HeadLimits.text(limits.bytes)) in all, and there may be at most "
                + "\(limits.fields)"
        case .hostCount: "the request must have exactly one Host header"
        case .host: "the host is not a name or an address with, at most, a port"
        case .contentLength: "the request must have at most one Content-Length, a single whole number"
        case .ambiguousLength:
            "the request may have a Content-Length or, in HTTP/1.1, a Transfer-Encoding, not both"
        case .transferEncoding: "the last transfer coding of a request must be chunked, and only once"
        case .unknownCoding: "the only supported transfer coding is chunked"
        }
    }
}

extension HeadLimits {
    /// The size as `64 KB`, or in bytes if it is not a whole number of kilobytes.
    static func text(_ bytes: Int) -> String { bytes % 1024 == 0 ? "\(bytes / 1024) KB" : "\(bytes) bytes" }
}
