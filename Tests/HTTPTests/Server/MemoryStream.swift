import EventLoop

/// A connection without a socket. It records what is written, and the test acts as the peer.
final class MemoryStream: ByteStream {
    weak var delegate: (any ByteStreamDelegate)?
    private let loop: EventLoop
    /// The bytes of each write that the peer has accepted.
    private(set) var writes: [[UInt8]] = []
    /// The number of bytes that the peer accepts before the rest is queued.
    var room = Int.max
    private var queue: [UInt8] = []
    private(set) var isFull = false
    private(set) var isReading = false
    private(set) var isFinished = false
    private(set) var isClosed = false
    private var hasInputEnded = false
    let peer: SocketAddress? = nil

    init(_ loop: EventLoop) { self.loop = loop }

    // MARK: As the owner sees it

    func resumeReading() { isReading = true }
    func pauseReading() { isReading = false }

    func write(_ bytes: RawSpan) {
        guard !isClosed, !isFinished else { return }
        let bytes = bytes.withUnsafeBytes { Array($0) }
        let taken = min(room, queue.isEmpty ? bytes.count : 0)
        room -= taken
        if taken > 0 { writes.append(Array(bytes.prefix(taken))) }
        queue += bytes.dropFirst(taken)
        if queue.count > 64 << 10 { isFull = true }
    }

    var pendingBytes: Int { queue.count }

    func finish() {
        isFinished = true
        closeIfBothEnded()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        loop.perform { [self] in delegate?.streamClosed(nil) }
    }

    private func closeIfBothEnded() { if isFinished, hasInputEnded, queue.isEmpty { close() } }

    // MARK: As the peer does

    func receive(_ bytes: [UInt8]) { if !isClosed { delegate?.streamReceived(bytes.span.bytes) } }

    func receive(_ text: String) { receive(Array(text.utf8)) }

    func endInput() {
        guard !isClosed else { return }
        hasInputEnded = true
        delegate?.streamInputEnded()
        closeIfBothEnded()
    }

    func reset() {
        guard !isClosed else { return }
        isClosed = true
        delegate?.streamClosed(.system(104))
    }

    /// Lets the peer read.
    func take(_ count: Int = .max) {
        let count = min(count, queue.count)
        writes.append(Array(queue.prefix(count)))
        queue.removeFirst(count)
        if isFull, queue.count < 16 << 10 {
            isFull = false
            delegate?.streamDrained()
        }
        if !isClosed { delegate?.streamSent() }
        closeIfBothEnded()
    }

    var output: [UInt8] { Array(writes.joined()) }
    var text: String { String(decoding: output, as: UTF8.self) }

    /// What was written since the last call.
    func taken() -> String {
        defer { writes = [] }
        return text
    }
}
