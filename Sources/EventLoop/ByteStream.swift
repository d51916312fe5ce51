/// A connection over which bytes go both ways: TCP, or TLS over it. Lives on its loop's thread.
public protocol ByteStream: AnyObject {
    /// Told of everything that happens. Not kept alive by the stream.
    var delegate: (any ByteStreamDelegate)? { get set }

    /// Begins, or goes on, to read. While it is paused the peer's reset may go unseen.
    func resumeReading()
    func pauseReading()

    /// Writes bytes in order; what the system does not take at once is copied and queued. After `close` or `finish` it
    /// does nothing.
    func write(_ bytes: RawSpan)

    /// Bytes that are queued.
    var pendingBytes: Int { get }

    /// Bytes of memory that the queue takes: of a piece that is partly written, all of it.
    var heldBytes: Int { get }

    /// More is queued than the high watermark (64 KB). The delegate hears `streamDrained` when it has shrunk below the low
    /// one (16 KB).
    var isFull: Bool { get }

    /// Ends the sending half once all that is queued is out; reading goes on.
    func finish()

    /// Ends the connection at once; what is queued is lost. The delegate hears `streamClosed` later, once, and nothing
    /// else. Calling it again does nothing.
    func close()

    var peer: SocketAddress? { get }
}

/// What a stream tells. Every call comes on the loop's thread.
public protocol ByteStreamDelegate: AnyObject {
    /// The bytes lie in a buffer that the next read overwrites.
    func streamReceived(_ bytes: RawSpan)

    /// The peer sends nothing more; it may still read.
    func streamInputEnded()

    /// The queue is short again, after `isFull`.
    func streamDrained()

    /// Something that was queued is out.
    func streamSent()

    /// The last call. nil where the stream was closed by its owner, or by both sides in good order.
    func streamClosed(_ error: StreamError?)
}

extension ByteStream {
    public var heldBytes: Int { pendingBytes }
}

extension ByteStreamDelegate {
    public func streamSent() {}
}
