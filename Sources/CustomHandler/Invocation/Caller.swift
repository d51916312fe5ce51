import HTTP

/// Whoever waits for a response. Lives on the loop of the worker that answers.
///
/// A response may bring the connection's next request before `respond` or `end` returns.
protocol Caller: AnyObject {
    /// Takes a whole response with no header fields of its own.
    func respond(status: Int, contentType: StaticString, body: RawSpan)

    /// Takes any other response; where its body is streamed, `write` and `end` follow.
    func respond(_ response: HTTPResponse)

    /// Takes a piece of the body. Where there is no room, it is kept all the same.
    func write(_ piece: RawSpan)

    /// - Parameter isComplete: false where the body broke off, which the caller must be able to tell.
    func end(isComplete: Bool)

    /// The caller reads as fast as the body is written.
    var hasRoom: Bool { get }

    /// Called once when there is room again.
    var onRoom: (() -> Void)? { get set }

    /// False if the response may begin now. Else too much is held for callers who do not read, and `body` is called when
    /// they have read, or are gone.
    func waitsForRoom(_ body: @escaping () -> Void) -> Bool

    /// Nobody is there to answer.
    var isGone: Bool { get }

    /// Called once if the caller is gone before the response is complete.
    var onLeaving: (() -> Void)? { get set }
}

extension HTTPConnection: Caller {}
