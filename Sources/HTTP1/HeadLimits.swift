/// The size limits of a message's head.
public struct HeadLimits: Hashable, Sendable {
    /// The total size, including the first line and the blank line at the end.
    public var bytes: Int
    public var fields: Int

    public init(bytes: Int = 64 << 10, fields: Int = 256) {
        // Offsets are kept in 32 bits.
        self.bytes = min(max(bytes, 0), Int(Int32.max))
        self.fields = fields
    }
}

/// The result of parsing the bytes so far.
public enum ParseResult<Failure: Error> {
    /// The head is not complete. Call again with the same bytes plus the next ones.
    case incomplete
    case complete
    /// The message cannot be trusted, so nothing more may be read from its connection.
    case invalid(Failure)
}
