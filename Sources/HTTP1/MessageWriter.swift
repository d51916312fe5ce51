/// Appends messages, and parts of them, to a buffer. Only the writer decides how a body is framed.
public enum MessageWriter {
    /// Appends one chunk. Appends nothing if there are no bytes, because an empty chunk would end the body.
    public static func appendChunk(_ bytes: RawSpan, into output: inout [UInt8]) {
        guard bytes.byteCount > 0 else { return }
        ByteCursor.append(to: &output, room: bytes.byteCount + 20) { cursor in
            cursor.put(hexadecimal: bytes.byteCount)
            cursor.put("\r\n")
            cursor.put(bytes)
            cursor.put("\r\n")
        }
    }

    public static func appendLastChunk(into output: inout [UInt8]) {
        ByteCursor.append(to: &output, room: 5) { $0.put("0\r\n\r\n") }
    }

    /// Writes the valid fields, except those that the writer adds itself.
    static func put(_ fields: HTTPFields, without isOwn: (UnsafeRawBufferPointer) -> Bool, _ cursor: inout ByteCursor) {
        fields.withFieldBytes { name, value in if !isOwn(name) { put(name, value, &cursor) } }
    }

    /// Writes a field if it is valid.
    @inline(__always)
    static func put(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ cursor: inout ByteCursor) {
        let table = ByteClass.table
        let isValid =
            !name.isEmpty && name.allSatisfy { table[Int($0)] & ByteClass.token != 0 }
            && value.allSatisfy { table[Int($0)] & ByteClass.value != 0 }
        guard isValid else { return }
        cursor.put(name)
        cursor.put(": ")
        cursor.put(value)
        cursor.put("\r\n")
    }

    /// Whether the field is about the connection or the framing. The writer adds such fields itself.
    static func isFraming(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 10: name.equalsIgnoringCase("connection")
        case 14: name.equalsIgnoringCase("content-length")
        case 17: name.equalsIgnoringCase("transfer-encoding")
        default: false
        }
    }
}
