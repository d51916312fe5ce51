/// How the end of a message's body is found.
public enum BodyFraming: Hashable, Sendable {
    case none
    case length(Int)
    case chunked
    /// Only responses: the body ends with the connection.
    case untilClose
}
