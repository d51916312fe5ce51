/// How much of a request's body to keep for its responder.
public struct BodyLimit: Sendable, Equatable {
    public enum Excess: Sendable, Equatable {
        /// The caller gets a 413 response. If it announced the length, it gets the response before the body is read.
        case refused
        /// The body is read to its end and dropped. The responder gets a request whose `isCut` is true.
        case dropped
    }

    public var bytes: Int
    public var excess: Excess

    public init(bytes: Int = .max, excess: Excess = .refused) {
        self.bytes = bytes
        self.excess = excess
    }

    /// For a body up to this size, the connection does not ask the responder.
    static let unasked = 64 << 10
}
