/// The properties of a request that decide how its response is written.
public struct RequestTraits: Hashable, Sendable {
    public var isHead: Bool
    public var version: HTTPVersion
    /// Whether the client may send another request on this connection.
    public var keepsAlive: Bool

    public init(isHead: Bool = false, version: HTTPVersion = .http11, keepsAlive: Bool = true) {
        self.isHead = isHead
        self.version = version
        self.keepsAlive = keepsAlive
    }
}

extension RequestHead {
    public var traits: RequestTraits {
        // `==` would be slower, as it may compare the texts of unknown methods.
        let isHead = if case .head = method { true } else { false }
        return RequestTraits(isHead: isHead, version: version, keepsAlive: keepsAlive)
    }
}
