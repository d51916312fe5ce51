/// Makes lines of bytes that come in pieces. Lines end as the real host's do: with LF, CR LF or CR.
struct LineSplitter {
    private var line: [UInt8] = []
    /// The line before has ended with CR, so an LF belongs to it.
    private var isAfterCR = false

    /// The line is longer than the limit; the rest of it is passed over.
    private var isCut = false

    /// Bytes of a line. A longer one is cut there, so that a program that never ends one cannot fill the memory.
    static let limit = 1 << 20
    static let cutMark = " … (cut)"

    mutating func add(_ bytes: RawSpan, _ body: (String) -> Void) {
        for index in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt8.self)
            let endsWithCR = isAfterCR
            isAfterCR = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where endsWithCR: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): flush(body)
            default: if line.count < Self.limit { line.append(byte) } else { isCut = true }
            }
        }
    }

    /// The last line need not have an end.
    mutating func end(_ body: (String) -> Void) {
        if !line.isEmpty { flush(body) }
    }

    private mutating func flush(_ body: (String) -> Void) {
        // Emptied before: the body may come back here.
        let text = String(decoding: line, as: UTF8.self) + (isCut ? Self.cutMark : "")
        isCut = false
        line.removeAll(keepingCapacity: line.count <= 4096)
        body(text)
    }
}
