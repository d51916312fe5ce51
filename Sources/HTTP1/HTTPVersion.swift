/// The supported versions. A later HTTP/1.x counts as 1.1 (RFC 9110 §2.5).
public enum HTTPVersion: Hashable, Sendable, CustomStringConvertible {
    case http10, http11

    public var description: String { self == .http10 ? "HTTP/1.0" : "HTTP/1.1" }
}
