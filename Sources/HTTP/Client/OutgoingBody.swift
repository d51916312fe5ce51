import HTTP1

/// A request with its whole body. It is written in pieces, so that the connection does not hold a second copy.
struct OutgoingBody {
    private var head: [UInt8]
    private let bytes: [UInt8]
    private let isChunked: Bool
    private var position = 0
    private(set) var isComplete = false

    static let pieceSize = 32 << 10
    /// The real host writes its payloads in chunks of this size (host-contract §6.1).
    static let chunkSize = 1024

    /// - Parameter head: the head, which is sent together with the first piece.
    init(head: [UInt8], bytes: [UInt8], isChunked: Bool) {
        self.head = head
        self.bytes = bytes
        self.isChunked = isChunked
    }

    /// Returns the next piece, or nil after the last one.
    mutating func next() -> [UInt8]? {
        if isComplete { return nil }
        var piece = head
        head = []
        let end = min(bytes.count, position + Self.pieceSize)
        if isChunked {
            while position < end {
                let next = min(end, position + Self.chunkSize)
                MessageWriter.appendChunk(bytes.span.bytes.extracting(position..<next), into: &piece)
                position = next
            }
            if end == bytes.count { MessageWriter.appendLastChunk(into: &piece) }
        } else {
            piece += bytes[position..<end]
        }
        position = end
        isComplete = end == bytes.count
        return piece
    }
}
