/// The head of a response, as ranges in the bytes that it was parsed from. A head that is reused allocates nothing.
public struct ResponseHead: Sendable {
    public internal(set) var version = HTTPVersion.http11
    /// The status, from 100 to 999.
    public internal(set) var status = 0
    public internal(set) var reason = 0..<0
    /// The fields in the order in which they were sent.
    public internal(set) var fields = FieldList()
    /// The framing that the fields announce, regardless of the request.
    var announced = BodyFraming.untilClose
    /// Whether the server accepts another request on this connection, unless the connection ends with the body.
    public internal(set) var keepsAlive = true
    /// The size of the head in bytes, including its blank line. The body follows.
    public internal(set) var length = 0

    public init() {}

    /// Whether the final response is still to follow.
    public var isInformational: Bool { status < 200 && status != 101 }

    /// How the end of the body is found. This depends on the request's method (RFC 9112 §6.3).
    public func framing(for method: HTTPMethod) -> BodyFraming {
        if method == .head || status < 200 || status == 204 || status == 304 { return .none }
        if method == .connect, status < 300 { return .none }
        return announced
    }
}
