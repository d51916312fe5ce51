/// Why a response is refused. The client closes the connection.
public enum ResponseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first line is not `HTTP/1.1 200 reason`.
    case statusLine
    case version
    /// The status is not three digits, or is less than 100.
    case status
    case fieldName
    case fieldValue
    /// A field value continues on the next line.
    case foldedField
    /// A line ends with a lone line feed or carriage return.
    case lineEnd
    case tooLarge(HeadLimits)
    /// `Content-Length` is not exactly one number.
    case contentLength
    /// There are a length and a transfer coding, or a transfer coding in HTTP/1.0.
    case ambiguousLength
    /// There is a transfer coding other than `chunked`.
    case transferEncoding

    public var description: String {
        switch self {
        case .statusLine: "the answer is not HTTP/1.1"
        case .version: "the answer's HTTP version is not supported"
        case .status: "the status of the answer is not a number from 100 to 999"
        case .fieldName: "the name of a header is not a word followed directly by a colon"
        case .fieldValue: "the value of a header has a control character"
        case .foldedField: "the value of a header continues on the next line"
        case .lineEnd: "a line of the head does not end with a carriage return and a line feed"
        case .tooLarge(let limits):
            "the headers have more than \(HeadLimits.text(limits.bytes)) in all, or there are more than \(limits.fields)"
        case .contentLength: "the Content-Length is not one whole number"
        case .ambiguousLength:
            "there is a Content-Length and a Transfer-Encoding, or, in HTTP/1.0, a Transfer-Encoding"
        case .transferEncoding: "the only supported transfer coding is chunked"
        }
    }
}
