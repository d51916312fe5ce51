/// What a request lays down for its response. Unlike the head it costs nothing to copy.
public struct ResponseTerms: Hashable, Sendable {
    /// The response has no body.
    public var isToHead: Bool
    public var version: HTTPVersion
    public var keepsAlive: Bool
}

extension RequestHead {
    public var terms: ResponseTerms {
        ResponseTerms(isToHead: method == .head, version: version, keepsAlive: keepsAlive)
    }
}
