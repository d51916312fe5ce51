/// How the end of a message's body is found.
public enum BodyFraming: Hashable, Sendable {
    case none
    case length(Int)
    case chunked
    /// Only for responses: the body ends when the connection ends.
    case untilClose
}
