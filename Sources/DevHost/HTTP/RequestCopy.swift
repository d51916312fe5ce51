import AsyncHTTPClient
import CustomHandler
import NIOCore
import NIOHTTP1

/// A caller's own request, as the host hands it to the handler of an HTTP-only function.
struct RequestCopy: Sendable {
    let request: FrontRequest
    let function: Function
    let wire: HTTPWire
    let invocationID: String
    /// The handler's.
    let port: Int

    var outgoing: HTTPClientRequest {
        var outgoing = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        outgoing.method = request.head.method
        outgoing.headers = wire == .proxied ? proxiedHeaders : forwardedHeaders
        if let stream = request.stream {
            let length = request.header("content-length").flatMap { Int64($0) }
            if request.header("transfer-encoding") != nil || (length ?? 0) > 0 {
                outgoing.body = .stream(stream, length: length.map { .known($0) } ?? .unknown)
            }
        } else if request.hasLength {
            outgoing.body = .bytes(request.body)
        }
        return outgoing
    }

    /// What is lost on the way and worth a word.
    var warnings: [String] {
        guard wire != .proxied, !request.hasLength, !request.body.isEmpty else { return [] }
        return [
            "the request's body came in chunks, without a Content-Length: the host does not forward it; send a length"
        ]
    }

    // MARK: Forwarded (host-contract §7)

    private var path: String {
        if wire == .proxied { return String(request.target) }
        let path = wire == .named ? "/\(function.name)" : request.path
        let query = ForwardedQuery.text(request.query)
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    /// Headers about the body that .NET loses when it copies a request.
    private static let lost = [
        "allow", "content-disposition", "content-encoding", "content-language", "content-location", "content-md5",
        "content-range", "expires", "last-modified",
    ]

    private var forwardedHeaders: HTTPHeaders {
        var headers = request.head.headers
        for name in Self.lost + Self.hops { headers.remove(name: name) }
        headers.add(name: "X-Azure-Functions-HostVersion", value: HostVersion.text)
        headers.add(name: "X-Azure-Functions-InvocationId", value: invocationID)
        let agent = (headers["user-agent"] + [HostVersion.userAgent]).joined(separator: " ")
        headers.replaceOrAdd(name: "User-Agent", value: agent)
        return headers
    }

    // MARK: Proxied (host-contract §8)

    private var proxiedHeaders: HTTPHeaders {
        var headers = request.head.headers
        for name in Self.hops { headers.remove(name: name) }
        headers.replaceOrAdd(name: "X-Azure-Functions-HostVersion", value: HostVersion.text)
        for name in ["X-Azure-Functions-InvocationId", "x-ms-invocation-id"] {
            headers.replaceOrAdd(name: name, value: invocationID)
        }
        headers.replaceOrAdd(name: "X-Forwarded-For", value: "127.0.0.1")
        headers.replaceOrAdd(name: "X-Forwarded-Host", value: headers.first(name: "host") ?? "localhost")
        headers.replaceOrAdd(name: "X-Forwarded-Proto", value: "http")
        headers.remove(name: "host")
        return headers
    }

    /// Headers of one connection only.
    private static let hops = [
        "connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
