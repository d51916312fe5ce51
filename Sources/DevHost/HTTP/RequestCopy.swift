import FunctionsModel
import HTTP
import HTTP1

/// A caller's own request as the host passes it to the handler of a function that has only HTTP bindings.
struct RequestCopy {
    let request: HTTPRequest
    let function: Function
    let wire: HTTPWire
    let invocationID: String
    /// Whether the caller has used https.
    var isSecure = false

    /// Why the host answers 500 without calling the handler (host-contract §7).
    var failure: String? {
        if request.contains("transfer-encoding") {
            return "the request's body comes in chunks, and the host fails to forward it; send a Content-Length, or "
                + "let the host proxy requests (enableProxyingHttpRequest)"
        }
        guard request.hasLength, let type = request.first("content-type"), !type.isEmpty, !MediaTypeSyntax.isValid(type)
        else { return nil }
        return "the request's Content-Type '\(type)' is malformed, and the host fails to forward it; send a type such "
            + "as application/json"
    }

    /// The body. .NET announces an empty one if the method usually has one.
    var body: ClientRequest.Body {
        if request.hasLength { return .bytes(request.body) }
        return [.get, .head, .options, .delete, .connect].contains(request.method) ? .none : .bytes([])
    }

    /// Path and query.
    var target: String {
        if wire == .proxied { return request.target }
        let path = wire == .named ? "/\(function.name)" : request.forwardedPath
        let query = ForwardedQuery.text(request.query ?? "")
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    var fields: HTTPFields { wire == .proxied ? proxiedFields : forwardedFields }

    /// The headers that apply to only one connection.
    private static let hops = [
        "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    // MARK: Forwarded (host-contract §7)

    /// The headers about the body that .NET drops when it copies a request.
    private static let lost = [
        "allow", "content-disposition", "content-encoding", "content-language", "content-location", "content-md5",
        "content-range", "expires", "last-modified",
    ]

    /// .NET writes the fields about the body last.
    private var forwardedFields: HTTPFields {
        var fields = CallerFields(request)
        let type = request.hasLength ? fields["content-type"] : nil
        let host = request.first("host")?.isEmpty == true ? ["host"] : []
        fields.remove(Self.lost + Self.hops + host + ["content-type", "content-length"])
        fields.add(HostHeader.hostVersion, Array(HostVersion.text.utf8))
        fields.add(HostHeader.invocationID, Array(invocationID.utf8))
        // Azure's front end adds it. The host itself does not say how it was called.
        if isSecure, fields[HostHeader.forwardedProto] == nil {
            fields.add(HostHeader.forwardedProto, Array("https".utf8))
        }
        fields.add("User-Agent", Array(HostVersion.userAgent.utf8))
        fields.add("Content-Length", [])
        if let type { fields.add(type.name, Array(type.values.joined(separator: Array(", ".utf8)))) }
        return fields.lines
    }

    // MARK: Proxied (host-contract §8)

    private var proxiedFields: HTTPFields {
        var fields = request.fields
        for name in Self.hops + ["connection", "expect"] { fields.remove(name) }
        removeEmptyHost(&fields)
        fields.set(HostHeader.hostVersion, HostVersion.text)
        for name in [HostHeader.invocationID, HostHeader.proxiedInvocationID] { fields.set(name, invocationID) }
        fields.set(HostHeader.forwardedFor, "127.0.0.1")
        fields.set(HostHeader.forwardedHost, fields.first("host") ?? "localhost")
        fields.set(HostHeader.forwardedProto, isSecure ? "https" : "http")
        fields.remove("host")
        return fields
    }

    /// Removes an empty `Host`, which RFC 9112 §3.2 requires if a target names no host. The connection to the handler
    /// then adds its own.
    private func removeEmptyHost(_ fields: inout HTTPFields) {
        if fields.first("host")?.isEmpty == true { fields.remove("host") }
    }
}
