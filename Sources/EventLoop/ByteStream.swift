/// A connection that carries bytes both ways: TCP, or TLS over it. Lives on its loop's thread.
public protocol ByteStream: AnyObject {
    /// Receives all events. The stream does not keep it alive.
    var delegate: (any ByteStreamDelegate)? { get set }

    /// Starts or continues reading. While reading is paused, a reset by the peer may go unnoticed.
    func resumeReading()
    func pauseReading()

    /// Writes bytes in order, and copies and queues what the system does not take at once. Does nothing after `close`
    /// or `finish`.
    func write(_ bytes: RawSpan)

    /// The number of queued bytes.
    var pendingBytes: Int { get }

    /// The memory of the queue in bytes: a partly written piece counts as a whole.
    var heldBytes: Int { get }

    /// More bytes are queued than the high watermark (64 KB). The delegate gets `streamDrained` when the queue has
    /// shrunk below the low one (16 KB).
    var isFull: Bool { get }

    /// Ends the sending half once all queued bytes are out; reading continues.
    func finish()

    /// Ends the connection at once and drops queued bytes. The delegate gets only `streamClosed`, later and once.
    /// Calling it again does nothing.
    func close()

    var peer: SocketAddress? { get }
}

/// Receives a stream's events, on the loop's thread.
public protocol ByteStreamDelegate: AnyObject {
    /// The bytes lie in a buffer that the next read overwrites.
    func streamReceived(_ bytes: RawSpan)

    /// The peer sends nothing more; it may still read.
    func streamInputEnded()

    /// The queue is short again after `isFull`.
    func streamDrained()

    /// Some queued bytes are out.
    func streamSent()

    /// The last call. The error is nil if the owner closed the stream, or both sides ended it properly.
    func streamClosed(_ error: StreamError?)
}

extension ByteStream {
    public var heldBytes: Int { pendingBytes }
}

extension ByteStreamDelegate {
    public func streamSent() {}
}
