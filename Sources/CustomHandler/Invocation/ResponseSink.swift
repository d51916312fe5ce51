import HTTP

/// The receiver of a response. It lives on the loop of the worker that responds.
///
/// `respond` and `end` are re-entrant: they may deliver the connection's next request before they return.
protocol ResponseSink: AnyObject {
    /// Sends a whole response without header fields of its own.
    func respond(status: Int, contentType: StaticString, body: RawSpan)

    /// Sends any other response. If its body is streamed, calls of `write` and `end` follow.
    func respond(_ response: HTTPResponse)

    /// Tells why the invocation fails, before the response that says so in the form of its wire.
    func fail(_ failure: InvocationFailure)

    /// Sends a piece of the body. If there is no room, the piece is buffered.
    func write(_ piece: RawSpan)

    /// - Parameter isComplete: false if the body was cut off. The caller must be able to detect that.
    func end(isComplete: Bool)

    /// Whether the caller reads the body as fast as it is written.
    var isWritable: Bool { get }

    /// Called once, when there is room again.
    var onWritable: (() -> Void)? { get set }

    /// Returns false if the response may begin now. Returns true if too much is buffered for callers who do not read;
    /// `body` is then called once they have read or disconnected.
    func waitsForRoom(_ body: @escaping () -> Void) -> Bool

    /// Whether the caller has disconnected.
    var isClosed: Bool { get }

    /// Called once, if the caller disconnects before the response is complete.
    var onDisconnect: (() -> Void)? { get set }

    /// Whether the caller is in this process and takes each piece of a response when it is written. Whether another
    /// caller does depends on the host between it and luafunc.
    var takesPieces: Bool { get }
}

extension ResponseSink {
    func fail(_ failure: InvocationFailure) {}

    var takesPieces: Bool { false }
}

extension HTTPConnection: ResponseSink {}
