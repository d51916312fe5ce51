import HTTP
import HTTP1

/// What the Functions host says in the headers of a request.
extension HTTPRequest {
    /// The host's own version; nil where somebody else calls.
    static let hostVersion = "X-Azure-Functions-HostVersion"
    /// The host's id of the invocation. A caller of the host may have sent the header too; the host's own is the last.
    static let invocationID = "X-Azure-Functions-InvocationId"
    static let invocationIDLine = Array("\(invocationID):".utf8)
    /// The W3C trace context of the call.
    static let traceparent = "traceparent"

    /// The host calls, and not somebody else.
    var isOfHost: Bool { contains(Self.hostVersion) }

    /// The host's readiness probe, which is no invocation (host-contract §3). Only the target `/` itself is one.
    var isProbe: Bool {
        switch method {
        case .get, .head: rawTarget == "/" && lastRange(of: Self.invocationID) == nil
        default: false
        }
    }

    /// The URL the caller asked for.
    ///
    /// - Parameter isProxied: the host has set the `X-Forwarded-` headers. Else the caller may have: then its host is the
    ///   one it is connected to, and only the scheme, which a front end before the host knows, is taken from them.
    func url(isProxied: Bool) -> [UInt8] {
        let bytes = headBytes
        let isSecure = first("x-forwarded-proto")?.prefix { $0 != "," }.lowercased() == "https"
        var url = Array((isSecure ? "https://" : "http://").utf8)
        url.reserveCapacity(bytes.count)
        let forwarded = isProxied ? firstRange(of: "x-forwarded-host") : nil
        if let host = head.authority ?? forwarded ?? head.host {
            url += bytes[host]
        } else {
            url += "localhost".utf8
        }
        url += bytes[targetRange]
        return url
    }
}
