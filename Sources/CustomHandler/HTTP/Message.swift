import NIOCore
import NIOHTTP1

/// One HTTP request, complete.
struct Request: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer

    /// The path as it was sent, without the query.
    var path: Substring { target.prefix { $0 != "?" } }

    /// What follows the first `?`; nil if there is none.
    var query: Substring? {
        let target = target
        return target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }

    /// Path and query; a proxy may send a whole URL instead (RFC 9112 §3.2.2).
    var target: Substring {
        let uri = head.uri
        if uri.utf8.first == UInt8(ascii: "/") { return uri[...] }
        guard let authority = authority else { return uri[...] }
        return authority.endIndex == uri.endIndex ? "/" : uri[authority.endIndex...]
    }

    /// Host and port of a request target that is a whole URL.
    private var authority: Substring? {
        let uri = head.uri
        for scheme in ["http://", "https://"] where uri.lowercased().hasPrefix(scheme) {
            return uri.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        }
        return nil
    }

    /// The URL the caller asked for.
    ///
    /// - Parameter isProxied: the host has set the `X-Forwarded-` headers. Else the caller may have: then its host is the
    ///   one it is connected to, and only the scheme, which a front end before the host knows, is taken from them.
    func url(isProxied: Bool) -> String {
        let headers = head.headers
        let written = headers.first(name: "x-forwarded-proto")?.prefix { $0 != "," }.lowercased()
        let scheme = written == "https" ? "https" : "http"
        let forwarded = isProxied ? headers.first(name: "x-forwarded-host") : nil
        let host = authority ?? (forwarded ?? headers.first(name: "host") ?? "localhost")[...]
        return "\(scheme)://\(host)\(target)"
    }

    /// The host's own version; nil where somebody else calls.
    var hostVersion: String? { head.headers.first(name: "X-Azure-Functions-HostVersion") }

    /// The host's id of the invocation. A caller of the host may have sent the header too; the host's own is the last.
    var invocationID: String? { head.headers["X-Azure-Functions-InvocationId"].last }

    /// The host's readiness probe, which is no invocation (host-contract §3).
    var isProbe: Bool {
        head.uri == "/" && (head.method == .GET || head.method == .HEAD) && invocationID == nil
    }
}

/// One HTTP response. Its length is counted when it is sent.
struct Response: Sendable {
    enum Body: Sendable {
        case whole(ByteBuffer)
        /// Comes later, piece by piece.
        case streamed
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Body

    init(status: HTTPResponseStatus, headers: HTTPHeaders, body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(status: HTTPResponseStatus, contentType: String, body: ByteBuffer) {
        self.init(status: status, headers: HTTPHeaders([("content-type", contentType)]), body: .whole(body))
    }
}

/// Whoever waits for a response. Lives on the loop of the worker that answers.
protocol Caller: AnyObject {
    /// Takes the response; where its body is streamed, `write` and `end` follow.
    func respond(_ response: Response)

    /// Takes a piece of the body. Where there is no room, it is kept all the same.
    func write(_ piece: ByteBuffer)

    /// - Parameter isComplete: false where the body broke off, which the caller must be able to tell.
    func end(isComplete: Bool)

    /// The caller reads as fast as the body is written.
    var hasRoom: Bool { get }

    /// Called once when there is room again.
    var onRoom: (() -> Void)? { get set }

    /// Nobody is there to answer.
    var isGone: Bool { get }

    /// Called once if the caller is gone before the response is complete.
    var onLeaving: (() -> Void)? { get set }
}
