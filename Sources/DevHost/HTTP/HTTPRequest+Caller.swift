import HTTP

/// The properties that the host reads from a caller's request.
extension HTTPRequest {
    /// The host and port by which the caller knows this host; nil if an old client does not send them. A proxy that
    /// sends a whole URL has them there (RFC 9112 §3.2.2).
    var host: String? { authority ?? first("host") }

    /// The host copies a body only if the caller announced its length.
    var hasLength: Bool { first("content-length").flatMap { Int($0) }.map { $0 > 0 } ?? false }

    /// The request for people, without the query, which may contain a key.
    var cause: String { "\(method) \(path)" }
}
