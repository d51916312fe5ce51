import HTTP

/// The properties that the host reads from a caller's request.
extension HTTPRequest {
    /// The host and port that the caller used; nil if an old client does not send them. In a whole URL from a proxy,
    /// they are part of the URL (RFC 9112 §3.2.2).
    var host: String? { authority ?? first("host") }

    /// The host copies a body only if the caller announced its length.
    var hasLength: Bool { first("content-length").flatMap { Int($0) }.map { $0 > 0 } ?? false }

    /// The request as text for people, without the query, which may contain a key.
    var cause: String { "\(method) \(path)" }
}
