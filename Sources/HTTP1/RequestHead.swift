/// The head of a request, as ranges in the bytes that it was parsed from. A head that is reused allocates nothing.
public struct RequestHead: Sendable {
    public internal(set) var method = HTTPMethod.get
    /// The target as it was sent.
    public internal(set) var target = 0..<0
    public internal(set) var form = TargetForm.origin
    /// The host and port in the target, if it contains them. They take precedence over `Host` (RFC 9112 §3.2.2).
    public internal(set) var authority: Range<Int>?
    /// The target's path, without the query. An empty path means `/`.
    public internal(set) var path = 0..<0
    /// The text after the first `?` of the target.
    public internal(set) var query: Range<Int>?
    public internal(set) var version = HTTPVersion.http11
    /// The fields in the order in which they were sent.
    public internal(set) var fields = FieldList()
    /// The checked value of `Host`, or nil if it is missing or empty.
    public internal(set) var host: Range<Int>?
    /// `.none`, `.length` or `.chunked`.
    public internal(set) var framing = BodyFraming.none
    /// Whether the client may send another request on this connection.
    public internal(set) var keepsAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body.
    public internal(set) var expectsContinue = false
    /// The size of the head in bytes, including its blank line. The body follows.
    public internal(set) var length = 0

    public init() {}

    /// The form of a target (RFC 9112 §3.2).
    public enum TargetForm: Hashable, Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `host:port`, for CONNECT.
        case authority
        /// `*`, for OPTIONS.
        case asterisk
    }
}
