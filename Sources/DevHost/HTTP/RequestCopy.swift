import FunctionsModel
import HTTP
import HTTP1

/// A caller's own request as the host passes it to the handler of a function that has only HTTP bindings.
struct RequestCopy {
    let request: HTTPRequest
    let function: Function
    let wire: HTTPWire
    let invocationID: String

    /// Warnings about what the handler does not get.
    var warnings: [String] {
        guard wire != .proxied, !request.hasLength, !request.body.isEmpty else { return [] }
        return [
            "the request's body came in chunks, without a Content-Length: the host does not forward it; send a length"
        ]
    }

    /// Path and query.
    var target: String {
        if wire == .proxied { return request.target }
        let path = wire == .named ? "/\(function.name)" : request.path
        let query = ForwardedQuery.text(request.query ?? "")
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    var fields: HTTPFields { wire == .proxied ? proxiedFields : forwardedFields }

    /// The headers that apply to only one connection.
    private static let hops = [
        "connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    // MARK: Forwarded (host-contract §7)

    /// The headers about the body that .NET drops when it copies a request.
    private static let lost = [
        "allow", "content-disposition", "content-encoding", "content-language", "content-location", "content-md5",
        "content-range", "expires", "last-modified",
    ]

    private var forwardedFields: HTTPFields {
        var fields = request.fields
        for name in Self.lost + Self.hops { fields.remove(name) }
        removeEmptyHost(&fields)
        fields.add(HostHeader.hostVersion, HostVersion.text)
        fields.add(HostHeader.invocationID, invocationID)
        let agent = (fields.values("user-agent") + [HostVersion.userAgent]).joined(separator: " ")
        fields.set("User-Agent", agent)
        return fields
    }

    // MARK: Proxied (host-contract §8)

    private var proxiedFields: HTTPFields {
        var fields = request.fields
        for name in Self.hops { fields.remove(name) }
        removeEmptyHost(&fields)
        fields.set(HostHeader.hostVersion, HostVersion.text)
        for name in [HostHeader.invocationID, HostHeader.proxiedInvocationID] { fields.set(name, invocationID) }
        fields.set(HostHeader.forwardedFor, "127.0.0.1")
        fields.set(HostHeader.forwardedHost, fields.first("host") ?? "localhost")
        fields.set(HostHeader.forwardedProto, "http")
        fields.remove("host")
        return fields
    }

    /// Removes an empty `Host`, which RFC 9112 §3.2 requires if a target names no host. The connection to the handler
    /// then adds its own.
    private func removeEmptyHost(_ fields: inout HTTPFields) {
        if fields.first("host")?.isEmpty == true { fields.remove("host") }
    }
}
