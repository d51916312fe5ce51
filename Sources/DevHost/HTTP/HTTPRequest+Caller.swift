import HTTP

/// What the host reads of a caller's request.
extension HTTPRequest {
    /// Host and port by which the caller knows this host; nil where an old client does not say. A proxy that sends a whole
    /// URL says it there (RFC 9112 §3.2.2).
    var host: String? { authority ?? first("host") }

    /// The host copies a body only where the caller said how long it is.
    var hasLength: Bool { first("content-length").flatMap { Int($0) }.map { $0 > 0 } ?? false }

    /// For people: without the query, which may hold a key.
    var cause: String { "\(method) \(path)" }
}
