/// Reads the head of a response, strictly by RFC 9112 §§2-7. Informational ones are heads as any other.
public struct ResponseParser: Sendable {
    private let limits: HeadLimits

    public init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

    /// - Parameter bytes: all that came of the response so far, from its first byte on.
    /// - Parameter head: must be the same from call to call, until one of them is not `incomplete`.
    public mutating func parse(_ bytes: RawSpan, into head: inout ResponseHead) -> ParseResult<ResponseError> {
        .incomplete
    }
}
