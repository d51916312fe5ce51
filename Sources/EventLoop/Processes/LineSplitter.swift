/// Makes lines of bytes that come in pieces. Lines end as the real host's do: with LF, CR LF or CR.
struct LineSplitter {
    private var line: [UInt8] = []
    /// The line before has ended with CR, so an LF belongs to it.
    private var isAfterCR = false

    /// A longer line is cut, so that a program that never ends one cannot fill the memory.
    static let limit = 1 << 20

    mutating func add(_ bytes: RawSpan, _ body: (String) -> Void) {
        for index in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt8.self)
            let endsWithCR = isAfterCR
            isAfterCR = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where endsWithCR: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): flush(body)
            default:
                line.append(byte)
                if line.count == Self.limit { flush(body) }
            }
        }
    }

    /// The last line need not have an end.
    mutating func end(_ body: (String) -> Void) {
        if !line.isEmpty { flush(body) }
    }

    private mutating func flush(_ body: (String) -> Void) {
        // Emptied before: the body may come back here.
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: line.count <= 4096)
        body(text)
    }
}
