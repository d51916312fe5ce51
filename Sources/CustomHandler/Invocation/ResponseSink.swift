import HTTP

/// The receiver of a response. Lives on the loop of the worker that answers.
///
/// Responding may deliver the connection's next request before `respond` or `end` returns.
protocol ResponseSink: AnyObject {
    /// Takes a whole response with no header fields of its own.
    func respond(status: Int, contentType: StaticString, body: RawSpan)

    /// Takes any other response; if its body is streamed, calls of `write` and `end` follow.
    func respond(_ response: HTTPResponse)

    /// Takes a piece of the body, and buffers it even if there is no room.
    func write(_ piece: RawSpan)

    /// - Parameter isComplete: false if the body broke off; the caller must be able to detect that.
    func end(isComplete: Bool)

    /// Whether the caller keeps up with the body as it is written.
    var isWritable: Bool { get }

    /// Called once, when there is room again.
    var onWritable: (() -> Void)? { get set }

    /// Returns false if the response may begin now. Otherwise callers who do not read have too much buffered, and
    /// `body` is called once they have read or left.
    func waitsForRoom(_ body: @escaping () -> Void) -> Bool

    /// The caller has disconnected.
    var isClosed: Bool { get }

    /// Called once, if the caller disconnects before the response is complete.
    var onDisconnect: (() -> Void)? { get set }
}

extension HTTPConnection: ResponseSink {}
