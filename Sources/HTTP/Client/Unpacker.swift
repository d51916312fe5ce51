import Compression
import HTTP1

/// Unpacks the body of a response in small steps, as a few packed bytes may become very many: after each step the
/// receiver can pause.
final class Unpacker {
    private let inflater: Inflater
    /// Received bytes that are not unpacked yet.
    private var packed: [UInt8] = []
    private var isWorking = false

    private static let step = 4 << 10

    /// nil if the body is not packed, or packed several times, which is left to the caller.
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

    var isEmpty: Bool { packed.isEmpty }

    /// Continues as long as more is wanted. Does nothing if called from `piece`.
    func unpack(while isWanted: () -> Bool, _ piece: (RawSpan) -> Void) throws(InflateError) {
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
        let bytes = packed
        var position = 0
        while position < bytes.count, isWanted() {
            let end = min(bytes.count, position + Self.step)
            try inflater.inflate(bytes.span.bytes.extracting(position..<end), piece)
            position = end
        }
        packed.removeFirst(position)
    }

    /// Throws if the packed data is incomplete.
    func finish() throws(InflateError) { try inflater.finish() }
}
