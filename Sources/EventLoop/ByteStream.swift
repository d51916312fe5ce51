/// A connection that carries bytes both ways: TCP, or TLS over it. Use it only on its loop's thread.
public protocol ByteStream: AnyObject {
    /// Receives all events. The stream does not keep it alive.
    var delegate: (any ByteStreamDelegate)? { get set }

    /// Starts or continues reading. While reading is paused, a reset by the peer may go unnoticed.
    func resumeReading()
    func pauseReading()

    /// Writes bytes in order. Copies and queues the bytes that the system does not accept at once. Does nothing after
    /// `close` or `finish`.
    func write(_ bytes: RawSpan)

    /// The number of queued bytes.
    var pendingBytes: Int { get }

    /// The memory that the queue takes, in bytes. A partly written piece counts in full, as it is freed only as a
    /// whole.
    var heldBytes: Int { get }

    /// Whether more bytes are queued than the high watermark (64 KB). The delegate gets `streamDrained` when the queue
    /// has shrunk below the low watermark (16 KB).
    var isFull: Bool { get }

    /// Closes the sending half once all queued bytes are sent. Reading continues.
    func finish()

    /// Ends the connection at once and drops queued bytes. The delegate gets only `streamClosed`, later and once.
    /// Calling it again does nothing.
    func close()

    var peer: SocketAddress? { get }
}

/// Receives a stream's events, on the loop's thread.
public protocol ByteStreamDelegate: AnyObject {
    /// Bytes have arrived. They lie in a buffer that the next read overwrites.
    func streamReceived(_ bytes: RawSpan)

    /// The peer will send nothing more. It may still read.
    func streamInputEnded()

    /// The queue has shrunk below the low watermark after `isFull`.
    func streamDrained()

    /// The system has accepted some queued bytes.
    func streamSent()

    /// The stream's last event. The error is nil if the owner closed the stream, or both sides ended it properly.
    func streamClosed(_ error: StreamError?)
}

extension ByteStream {
    public var heldBytes: Int { pendingBytes }
}

extension ByteStreamDelegate {
    public func streamSent() {}
}
