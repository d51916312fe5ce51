/// How much of a request's body is kept for its responder.
public struct BodyLimit: Sendable, Equatable {
    public enum Excess: Sendable, Equatable {
        /// The caller gets 413, before its body is read where it has said how long it is.
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

    /// No responder is asked about a body that is not larger.
    static let unasked = 64 << 10
}
