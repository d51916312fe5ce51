/// Splits a stream of bytes into lines. Lines end with LF, CR LF or CR, as for the real host.
struct LineSplitter {
    private var line: [UInt8] = []
    /// The previous line ended with CR, so an LF belongs to it.
    private var isAfterCR = false

    /// The line exceeds the limit; the rest of it is skipped.
    private var isCut = false

    /// The greatest length of a line in bytes. A longer one is cut, so that a program that never ends a line cannot
    /// fill the memory.
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

    /// Passes on the last line, even if no line end follows it.
    mutating func end(_ body: (String) -> Void) {
        if !line.isEmpty { flush(body) }
    }

    private mutating func flush(_ body: (String) -> Void) {
        // The line is emptied before the call, because the body may call back into this splitter.
        let text = String(decoding: line, as: UTF8.self) + (isCut ? Self.cutMark : "")
        isCut = false
        line.removeAll(keepingCapacity: line.count <= 4096)
        body(text)
    }
}
