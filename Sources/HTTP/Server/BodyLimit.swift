/// How much of a request's body to keep for its responder.
public struct BodyLimit: Sendable, Equatable {
    public enum Excess: Sendable, Equatable {
        /// The caller gets 413, before the body is read if the caller has announced its length.
        case refused
        /// The body is read to its end and thrown away. The responder gets a request that `isCut`.
        case dropped
    }

    public var bytes: Int
    public var excess: Excess

    public init(bytes: Int = .max, excess: Excess = .refused) {
        self.bytes = bytes
        self.excess = excess
    }

    /// The responder is not asked about a body up to this size.
    static let unasked = 64 << 10
}
