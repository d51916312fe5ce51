import Compression
import HTTP1

/// Decompresses the body of a response. A few bytes may expand to very many, so the receiver can pause after each piece.
final class Unpacker {
    private let inflater: Inflater
    /// Received bytes that are not decompressed yet.
    private var packed: [UInt8] = []
    private var isWorking = false

    /// Returns nil if the body is not compressed, or if it is compressed several times, which the caller must handle.
    init?(_ fields: HTTPFields, limit: Int) {
        let codings = fields.values("content-encoding")
        guard codings.count == 1 else { return nil }
        switch codings[0].lowercased() {
        case "gzip", "x-gzip": inflater = Inflater(.gzip, limit: limit)
        case "deflate": inflater = Inflater(.deflate, limit: limit)
        default: return nil
        }
    }

    func append(_ bytes: RawSpan) { packed.append(copying: bytes) }

    /// Whether everything that was received is decompressed.
    var isEmpty: Bool { packed.isEmpty && !inflater.hasMore }

    /// Decompresses as long as `isWanted` returns true. Does nothing if `piece` calls it.
    func unpack(while isWanted: () -> Bool, _ piece: (RawSpan) -> Void) throws(InflateError) {
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
        let bytes = packed
        let count = try inflater.inflate(bytes.span.bytes, while: isWanted, piece)
        packed.removeFirst(count)
    }

    /// Throws if the compressed data is incomplete.
    func finish() throws(InflateError) { try inflater.finish() }
}
