import EventLoop

/// Holds a TLS stream until its handshake is done.
final class Handshake: ByteStreamDelegate {
    private let stream: TLSStream
    private var failed: ((StreamError?) -> Void)?

    init(_ stream: TLSStream, failed: @escaping (StreamError?) -> Void) {
        self.stream = stream
        self.failed = failed
        stream.delegate = self
        stream.resumeReading()
    }

    func cancel() {
        failed = nil
        stream.opened = nil
        stream.close()
    }

    func streamReceived(_ bytes: RawSpan) {}
    func streamInputEnded() {}
    func streamDrained() {}

    func streamClosed(_ error: StreamError?) {
        let told = failed
        failed = nil
        told?(error)
    }
}
