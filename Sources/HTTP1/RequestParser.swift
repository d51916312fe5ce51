/// Reads the head of a request, strictly by RFC 9112 §§2-7.
public struct RequestParser: Sendable {
    private let limits: HeadLimits

    public init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

    /// - Parameter bytes: all that came of the request so far, from its first byte on. What follows the head is not
    ///   looked at.
    /// - Parameter head: must be the same from call to call, until one of them is not `incomplete`.
    public mutating func parse(_ bytes: RawSpan, into head: inout RequestHead) -> ParseResult<RequestError> {
        .incomplete
    }
}
