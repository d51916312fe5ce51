import FunctionsModel
import HTTP
import HTTP1

/// The headers in which the Functions host says who it is and what it calls.
extension HTTPRequest {
    static let invocationIDLine = Array("\(HostHeader.invocationID):".utf8)

    /// The host sent this request.
    var isOfHost: Bool { contains(HostHeader.hostVersion) }

    /// The host's readiness probe, which is no invocation (host-contract §3). Only a request for `/` itself is one.
    var isProbe: Bool {
        switch method {
        case .get, .head: rawTarget == "/" && lastRange(of: HostHeader.invocationID) == nil
        default: false
        }
    }

    /// The URL the caller asked for.
    ///
    /// - Parameter isProxied: the host has set the `X-Forwarded-` headers. Otherwise the caller may have set them: then
    ///   the URL's host is the one that the caller is connected to, and only the scheme is taken from these headers, as
    ///   only a front end before the host knows it.
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
