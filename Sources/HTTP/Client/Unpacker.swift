import Compression
import HTTP1

/// Unpacks the body of a response in small steps, since a few packed bytes may stand for very many: whoever gets them can
/// say after each step that it wants no more for now.
final class Unpacker {
    private let inflater: Inflater
    /// What came and is not unpacked yet.
    private var packed: [UInt8] = []
    private var isWorking = false

    private static let step = 4 << 10

    /// nil where the body comes as it is, or is packed several times, which is left to who asked for it.
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

    /// Goes on as long as more is wanted. Called from `piece`, it does nothing.
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

    /// Throws where the packed data should have gone on.
    func finish() throws(InflateError) { try inflater.finish() }
}
