/// Appends messages, and parts of them, to a buffer. The writer alone decides how a body is framed.
public enum MessageWriter {
    /// Appends one chunk; nothing for no bytes, since an empty chunk is the last one.
    public static func appendChunk(_ bytes: RawSpan, into output: inout [UInt8]) {
        guard bytes.byteCount > 0 else { return }
        output.append(hexadecimal: bytes.byteCount)
        output.append("\r\n")
        output.append(copying: bytes)
        output.append("\r\n")
    }

    public static func appendLastChunk(into output: inout [UInt8]) { output.append("0\r\n\r\n") }

    /// Appends the fields that are valid, apart from those the writer writes itself.
    static func append(
        _ fields: HTTPFields, without isOwn: (UnsafeRawBufferPointer) -> Bool, into output: inout [UInt8]
    ) {
        let table = ByteClass.table
        fields.withFieldBytes { name, value in
            let isValid =
                !name.isEmpty && name.allSatisfy { table[Int($0)] & ByteClass.token != 0 }
                && value.allSatisfy { table[Int($0)] & ByteClass.value != 0 }
            guard isValid, !isOwn(name) else { return }
            output.append(contentsOf: name)
            output.append(": ")
            output.append(contentsOf: value)
            output.append("\r\n")
        }
    }

    /// Belongs to the connection or to the framing, of which only the writer knows.
    static func isFraming(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 10: name.equalsIgnoringCase("connection")
        case 14: name.equalsIgnoringCase("content-length")
        case 17: name.equalsIgnoringCase("transfer-encoding")
        default: false
        }
    }
}

extension [UInt8] {
    /// Unsafe: a literal's bytes are there as long as the program runs.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10))
            divisor /= 10
        }
    }

    mutating func append(hexadecimal number: Int) {
        var shift = (Int.bitWidth - 1 - number.leadingZeroBitCount) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }
}
