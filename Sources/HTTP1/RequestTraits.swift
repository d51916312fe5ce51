/// The properties of a request that decide how its response is written.
public struct RequestTraits: Hashable, Sendable {
    public var isHead: Bool
    public var version: HTTPVersion
    /// The client reads another response after this one.
    public var keepsAlive: Bool

    public init(isHead: Bool = false, version: HTTPVersion = .http11, keepsAlive: Bool = true) {
        self.isHead = isHead
        self.version = version
        self.keepsAlive = keepsAlive
    }
}

extension RequestHead {
    public var traits: RequestTraits {
        // Without `==`, which would compare the text of an unknown method.
        let isHead = if case .head = method { true } else { false }
        return RequestTraits(isHead: isHead, version: version, keepsAlive: keepsAlive)
    }
}
