/// Answers the requests of all connections on one loop. A responder never leaves that loop.
public protocol HTTPResponder: AnyObject {
    /// Answers the request through the connection, now or later. The connection hands on no other request until then.
    func respond(to request: HTTPRequest, through connection: HTTPConnection)

    /// Whether the responder wants the body piece by piece as it arrives, without a size limit. The connection asks as
    /// soon as it has the head, and only if there is a body.
    func takesStream(_ request: HTTPRequest) -> Bool

    /// How much of a body to keep. The connection asks once, when it has or expects more than 64 KB of a body that is
    /// not streamed. The server's own limit applies too.
    func bodyLimit(of request: HTTPRequest) -> BodyLimit

    /// How long a request may wait while the server holds too many bytes for callers that do not read. After that, the
    /// caller gets a 503 response.
    func requestTimeout(for request: HTTPRequest) -> Duration

    /// Whether a caller that closes its sending half has abandoned the request. The connection asks when that happens
    /// before the response is complete. Most callers still read the response; those who want events do not, because
    /// such a response may never end.
    func halfCloseMeansGone(_ request: HTTPRequest) -> Bool
}

extension HTTPResponder {
    public func takesStream(_ request: HTTPRequest) -> Bool { false }
    public func bodyLimit(of request: HTTPRequest) -> BodyLimit { BodyLimit() }
    public func requestTimeout(for request: HTTPRequest) -> Duration { .seconds(30) }
    public func halfCloseMeansGone(_ request: HTTPRequest) -> Bool { request.wantsEvents }
}
