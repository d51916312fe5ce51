/// What answers the requests of one loop's connections. Lives on that loop.
public protocol HTTPResponder: AnyObject {
    /// Answers through the connection, at once or later. Meanwhile the connection hands on nothing else.
    func respond(to request: HTTPRequest, through connection: HTTPConnection)

    /// The body is wanted piece by piece, as it comes, and without a limit. Asked as soon as the head is there, and only
    /// where there is a body.
    func takesStream(_ request: HTTPRequest) -> Bool

    /// A caller that ends its half has given its request up. Asked when it does before the response is complete; others
    /// still read the answer.
    func halfCloseMeansGone(_ request: HTTPRequest) -> Bool
}

extension HTTPResponder {
    public func takesStream(_ request: HTTPRequest) -> Bool { false }
    public func halfCloseMeansGone(_ request: HTTPRequest) -> Bool { false }
}
