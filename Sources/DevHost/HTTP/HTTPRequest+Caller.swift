import FunctionsModel
import HTTP

/// The properties that the host reads from a caller's request.
extension HTTPRequest {
    /// The host and port that the caller used; nil if an old client does not send them. In a whole URL from a proxy,
    /// they are part of the URL (RFC 9112 §3.2.2).
    var host: String? { authority ?? first("host") }

    /// Kestrel refuses a target that is not ASCII.
    var hasPlainTarget: Bool { target.utf8.allSatisfy { $0 < 0x80 } }

    /// The path as the host shows it: decoded and encoded anew (golden/dotnet/routes).
    var hostPath: String {
        let bytes = RequestPath.decoded(path) ?? []
        return EscapedText.encode(bytes.span, keeping: "/!$&'()*+,;=:@", escapes: true)
    }

    /// The path as .NET's `UriBuilder` writes it for a forwarded request (host-contract §7).
    var forwardedPath: String {
        let bytes = (RequestPath.decoded(path) ?? []).map { $0 == UInt8(ascii: "\\") ? RequestPath.slash : $0 }
        return EscapedText.encode(bytes.span, keeping: "/!$&'()*+,;=:@[]", escapes: true)
    }

    /// The host copies a body only if the caller announced its length.
    var hasLength: Bool { first("content-length").flatMap { Int($0) }.map { $0 > 0 } ?? false }

    /// The request as text for people, without the query, which may contain a key.
    var cause: String { "\(method) \(path)" }
}
