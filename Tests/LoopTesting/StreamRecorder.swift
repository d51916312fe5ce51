public import EventLoop

/// Records everything that a stream reports, so that a test can wait for it.
public final class StreamRecorder: ByteStreamDelegate {
    public let stream: any ByteStream
    public private(set) var received: [UInt8] = []
    /// The events in their order. Received bytes are not included.
    public private(set) var events: [Event] = []
    /// Called with each piece, after it was recorded.
    public var onReceived: ((RawSpan) -> Void)?
    public var onEvent: ((Event) -> Void)?
    private let waiter: Waiter

    public enum Event: Equatable, Sendable {
        case inputEnded, drained
        case closed(StreamError?)
    }

    /// Becomes the stream's delegate and starts reading.
    public init(_ stream: any ByteStream, on loop: EventLoop, reads: Bool = true) {
        self.stream = stream
        waiter = Waiter(loop)
        stream.delegate = self
        if reads { stream.resumeReading() }
    }

    public func streamReceived(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { received += $0 }
        onReceived?(bytes)
        waiter.changed()
    }

    public func streamInputEnded() { note(.inputEnded) }
    public func streamDrained() { note(.drained) }
    public func streamClosed(_ error: StreamError?) { note(.closed(error)) }

    private func note(_ event: Event) {
        events.append(event)
        onEvent?(event)
        waiter.changed()
    }

    public var text: String { String(decoding: received, as: UTF8.self) }

    /// All bytes so far, once there are at least this many.
    @discardableResult
    public func bytes(_ count: Int) async throws -> [UInt8] {
        try await waiter.wait(for: "\(count) bytes") { [unowned self] in received.count >= count }
        return received
    }

    public func event(_ event: Event) async throws {
        try await waiter.wait(for: "\(event)") { [unowned self] in events.contains(event) }
    }

    /// The error with which the stream closed, once it has.
    public func closed() async throws -> StreamError? {
        try await waiter.wait(for: "the end") { [unowned self] in !closings.isEmpty }
        return closings.first ?? nil
    }

    /// The reported closings, of which there must be only one.
    public var closings: [StreamError?] {
        events.compactMap { if case .closed(let error) = $0 { .some(error) } else { nil } }
    }
}

extension ByteStream {
    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        write(bytes.span.bytes)
    }
}
