import FunctionsModel
import HTTP
import HTTP1

/// The headers in which the Functions host identifies itself and the invocation.
extension HTTPRequest {
    static let invocationIDLine = Array("\(HostHeader.invocationID):".utf8)

    /// The range in `headBytes` of the host's id of the invocation; nil if there is none.
    var hostInvocationID: Range<Int>? {
        guard let range = lastRange(of: HostHeader.invocationID) else { return nil }
        if range.count == InvocationID.length { return range }
        let bytes = headBytes
        return InvocationID.last(in: bytes[range]).indices
    }

    /// Whether the host sent this request.
    var isOfHost: Bool { contains(HostHeader.hostVersion) }

    /// Whether this is the host's readiness probe, which is not an invocation (host-contract §3). Only a request for
    /// `/` is one.
    var isProbe: Bool {
        switch method {
        case .get, .head: rawTarget == "/" && lastRange(of: HostHeader.invocationID) == nil
        default: false
        }
    }

    /// The URL that the caller requested.
    ///
    /// - Parameter isProxied: whether the host has set the `X-Forwarded-` headers. Otherwise the caller may have set
    ///   them. The URL's host is then the one to which the caller is connected, and only the scheme is taken from these
    ///   headers, because only a proxy in front of the host knows it.
    func url(isProxied: Bool) -> [UInt8] {
        let bytes = headBytes
        let isSecure = first(HostHeader.forwardedProto)?.prefix { $0 != "," }.lowercased() == "https"
        var url = Array((isSecure ? "https://" : "http://").utf8)
        url.reserveCapacity(bytes.count)
        let forwarded = isProxied ? firstRange(of: HostHeader.forwardedHost) : nil
        if let host = head.authority ?? forwarded ?? head.host {
            url += bytes[host]
        } else {
            url += "localhost".utf8
        }
        url += bytes[targetRange]
        return url
    }
}
