import FunctionsModel
import HTTP1
import Lua

/// The text in the content of a blob, in UTF-8 and in pieces that take only part of a time slice.
///
/// Without a byte order mark, the bytes are the text, even if they are not UTF-8: a Lua string can hold any bytes.
struct BlobText: IteratorProtocol {
    private let bytes: [UInt8]
    private let encoding: StreamText.Encoding
    private var position: Int

    private static let piece = 32 << 10

    /// The text in the string at `index`; nil if it has no byte order mark, so that it can stay as it is.
    init?(at index: Int, of stack: LuaStack) {
        // The longest mark has four bytes.
        let start = stack.withBytes(at: index) { $0.extracting(first: 4).withUnsafeBytes { Array($0) } } ?? []
        let (encoding, mark) = StreamText.Encoding.find(in: start)
        guard mark > 0, let bytes = stack.bytes(at: index) else { return nil }
        self.bytes = bytes
        self.encoding = encoding
        position = mark
    }

    /// Replaces the string at `index`, which must not be large, by its text. [0]
    static func decode(at index: Int, of stack: LuaStack) {
        let index = stack.absolute(index)
        guard var pieces = BlobText(at: index, of: stack) else { return }
        var text: [UInt8] = []
        while let piece = pieces.next() { text += piece }
        stack.push(bytes: text)
        stack.replace(at: index)
    }

    mutating func next() -> [UInt8]? {
        guard position < bytes.count else { return nil }
        var end = min(bytes.count, position + Self.piece)
        if end < bytes.count { end -= splitPair(before: end) }
        let piece = bytes[position..<end]
        position = end
        if case .utf8 = encoding { return Array(piece) }
        return Array(StreamText(piece, in: encoding).text.utf8)
    }

    /// The number of bytes at the end of a piece that belong to a surrogate pair of which the rest follows.
    private func splitPair(before end: Int) -> Int {
        guard case .utf16(let isBigEndian) = encoding else { return 0 }
        let high = bytes[isBigEndian ? end - 2 : end - 1]
        return 0xd8...0xdb ~= high ? 2 : 0
    }
}

extension LuaStack {
    /// Whether the string at `index` begins as a JSON string does. Base64 never does; a host that decodes a blob itself
    /// sends such a text.
    func holdsJSONString(at index: Int) -> Bool {
        withBytes(at: index) { $0.byteCount > 0 && $0[0] == UInt8(ascii: "\"") } ?? false
    }
}
