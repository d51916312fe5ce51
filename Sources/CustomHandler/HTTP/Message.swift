import NIOCore
import NIOHTTP1

/// One HTTP request, complete.
struct Request: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer

    /// The path without the query.
    var path: Substring { head.uri.prefix { $0 != "?" } }

    /// The host's readiness probe, which is no invocation (host-contract §3).
    var isProbe: Bool { (head.method == .GET || head.method == .HEAD) && path == "/" }
}

/// One HTTP response, complete.
struct Response: Sendable {
    var status: HTTPResponseStatus
    var contentType: String
    var body: ByteBuffer
    /// The connection cannot be used again.
    var closes = false
}
