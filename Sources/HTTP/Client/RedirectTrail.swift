package import HTTP1

/// Decides how a call follows redirects, and remembers where it has been.
package struct RedirectTrail {
    private let redirects: Redirects
    /// The places that were requested. The method is part of a place, because after a POST a server may redirect to the
    /// same URL, which is then requested with GET.
    private var seen: Set<Place>
    private var count = 0

    private struct Place: Hashable {
        let method: HTTPMethod
        let url: URL
    }

    package init(_ request: ClientRequest) {
        redirects = request.redirects
        seen = [Place(method: request.method, url: request.url)]
    }

    /// Returns the request that the response redirects to, or nil if the caller gets this response.
    package mutating func next(
        after status: Int, _ fields: HTTPFields, _ request: ClientRequest
    ) throws(HTTPClientError) -> ClientRequest? {
        guard case .followed(let limit, let allowsCycles) = redirects, [301, 302, 303, 307, 308].contains(status),
            let location = fields.first("location")
        else { return nil }
        guard fields.values("location").count == 1 else {
            throw .redirect("the server points to several places at once")
        }
        var url: URL
        do throws(URLError) { url = try request.url.resolve(location) } catch {
            // The parts that the error quotes may belong to a user or a password; a scheme before "://" cannot.
            var isSafe = !location.contains("@")
            if case .scheme = error, location.contains("://") { isSafe = true }
            let reason = isSafe ? "\(error)" : "its scheme, user, password, host or port is wrong"
            throw .redirect("the server points to '\(URL.shown(location))': \(reason)")
        }
        if request.url.scheme == .https, url.scheme == .http {
            throw .redirect("the server points from https to \(url.shown), which is not encrypted")
        }
        let isSameOrigin = url.hasSameOrigin(as: request.url)
        // Most servers write a whole URL, in which they do not repeat the user and the password.
        if isSameOrigin, url.userInfo == nil { url = url.with(userInfo: request.url.userInfo) }
        var next = request
        next.url = url
        next.target = nil
        let becomesGet = status == 303 ? request.method != .head : status < 303 && request.method == .post
        if becomesGet, request.method != .get {
            next.method = .get
            next.body = .none
            for name in ["content-type", "content-encoding", "content-language", "content-location"] {
                next.fields.remove(name)
            }
        }
        // The caller can send its body again, but this client cannot.
        guard next.isRepeatable else { return nil }
        count += 1
        guard count <= limit else { throw .redirect("too many redirects (more than \(limit))") }
        guard seen.insert(Place(method: next.method, url: url)).inserted || allowsCycles else {
            throw .redirect("the server redirects in a loop, back to \(url.shown)")
        }
        if !isSameOrigin {
            // These fields were meant only for the previous server.
            for name in ["authorization", "cookie", "proxy-authorization", "host"] { next.fields.remove(name) }
        }
        return next
    }
}
