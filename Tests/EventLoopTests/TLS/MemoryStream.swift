@testable import EventLoop

/// One end of a connection in memory, so that a test decides in which pieces bytes arrive.
final class MemoryStream: ByteStream {
    weak var delegate: (any ByteStreamDelegate)?
    let peer: SocketAddress? = nil

    /// Changes the bytes that this end sends, for tests of damaged data.
    var spoils: ((inout [UInt8]) -> Void)?

    private let wire: Wire
    private let isClient: Bool
    private var sent: [UInt8] = []
    private var output = Output.open
    private var isReading = false
    private var hasInputEnded = false
    private var isClosed = false
    private(set) var isFull = false

    private enum Output { case open, finishing, ended }

    /// The state that both ends share. It keeps them alive, as the loop keeps the handles of sockets.
    private final class Wire {
        let loop: EventLoop
        /// The number of bytes that arrive at once.
        let piece: Int
        var client: MemoryStream?
        var server: MemoryStream?

        init(_ loop: EventLoop, piece: Int) {
            self.loop = loop
            self.piece = piece
        }

        /// Releases both ends once both are closed. Until then, the end of one may still have to arrive at the other.
        func letGo() {
            if client?.isClosed == true, server?.isClosed == true { (client, server) = (nil, nil) }
        }
    }

    static func pair(_ loop: EventLoop, piece: Int = 1 << 16) -> (client: MemoryStream, server: MemoryStream) {
        let wire = Wire(loop, piece: piece)
        let (client, server) = (MemoryStream(wire, isClient: true), MemoryStream(wire, isClient: false))
        (wire.client, wire.server) = (client, server)
        return (client, server)
    }

    private init(_ wire: Wire, isClient: Bool) {
        self.wire = wire
        self.isClient = isClient
    }

    private var other: MemoryStream? { isClient ? wire.server : wire.client }

    // MARK: Reading

    func resumeReading() {
        isReading = true
        other?.move()
    }

    func pauseReading() { isReading = false }

    // MARK: Writing

    var pendingBytes: Int { sent.count }

    func write(_ bytes: RawSpan) {
        guard output == .open, !isClosed else { return }
        var bytes = bytes.withUnsafeBytes { Array($0) }
        spoils?(&bytes)
        sent += bytes
        if sent.count > TLSStream.highWatermark { isFull = true }
        move()
    }

    func finish() {
        guard output == .open, !isClosed else { return }
        output = .finishing
        move()
    }

    /// Delivers a piece to the other end in the next turn, and continues until nothing is left.
    private func move() {
        wire.loop.perform { self.moveOnce() }
    }

    private func moveOnce() {
        guard let other, other.isReading, !other.isClosed else { return }
        if !sent.isEmpty {
            let piece = Array(sent.prefix(wire.piece))
            sent.removeFirst(piece.count)
            other.delegate?.streamReceived(piece.span.bytes)
            if isFull, sent.count < TLSStream.lowWatermark, !isClosed {
                isFull = false
                delegate?.streamDrained()
            }
            return move()
        }
        guard output == .finishing else { return }
        output = .ended
        other.hasInputEnded = true
        other.delegate?.streamInputEnded()
        other.closeIfBothEnded()
        closeIfBothEnded()
        wire.letGo()
    }

    // MARK: Ending

    private func closeIfBothEnded() {
        if hasInputEnded, output == .ended { close() }
    }

    func close() { close(with: nil) }

    /// Bytes that were written before still arrive, as if the system had buffered them.
    func close(with error: StreamError?) {
        guard !isClosed else { return }
        isClosed = true
        if output == .open { output = .finishing }
        move()
        wire.loop.perform {
            self.delegate?.streamClosed(error)
            self.wire.letGo()
        }
    }
}
