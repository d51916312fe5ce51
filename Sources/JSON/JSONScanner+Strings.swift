/// Reads strings from texts that were not checked before.
extension JSONScanner {
    /// The bytes of the string at the cursor, unescaped; valid until the next string is scanned.
    public mutating func string() throws(JSONError) -> UnsafeBufferPointer<UInt8> {
        cursor += 1
        let first = cursor
        if try reachesEnd() { return plainString(from: first) }
        _ = try unescapeRest(from: first)
        return unescaped
    }

    /// The same for a possibly long string in double quotes; nil if the time slice ends in the middle.
    public mutating func longString() throws(JSONError) -> UnsafeBufferPointer<UInt8>? {
        cursor += 1
        let first = cursor
        if try reachesEnd() { return plainString(from: first) }
        return try unescapeRest(from: first, pausing: true) ? unescaped : nil
    }

    /// Continues a long string that another scanner began. `part` holds what that scanner has read; this takes the
    /// array out of `part`, because a second reference would make each append copy it.
    public mutating func longString(after part: inout [UInt8]) throws(JSONError) -> UnsafeBufferPointer<UInt8>? {
        swap(&scratch, &part)
        return try unescapeRest(from: cursor, pausing: true) ? unescaped : nil
    }

    /// Moves the part of a long string that was read so far into `part`, which must be empty.
    public mutating func movePart(to part: inout [UInt8]) { swap(&scratch, &part) }

    /// Moves to the closing quote of the string and returns true, or to its first escape and returns false.
    @inline(__always)
    private mutating func reachesEnd() throws(JSONError) -> Bool {
        while true {
            skipPlain()
            guard cursor < end else { throw error(.unexpectedEnd) }
            let byte = cursor.pointee
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") {
                scratch.removeAll(keepingCapacity: true)
                return false
            }
            try skipOne(byte)
        }
    }

    /// The bytes from `first` to the closing quote at the cursor. Consumes the quote.
    @inline(__always)
    private mutating func plainString(from first: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        defer { cursor += 1 }
        return UnsafeBufferPointer(start: first, count: cursor - first)
    }

    /// Skips bytes that need no check, eight at a time: ASCII other than control characters, double quote and
    /// backslash.
    @inline(__always)
    private mutating func skipPlain() {
        while plainEnd - cursor >= 8 {
            let found = EightBytes.odd(EightBytes.load(cursor))
            if found != 0 {
                cursor += EightBytes.before(found)
                return
            }
            cursor += 8
        }
    }

    /// Skips one character that is neither the closing quote nor an escape.
    @inline(__always)
    private mutating func skipOne(_ byte: UInt8) throws(JSONError) {
        try look()
        if byte < 0x20 { throw error(.controlCharacter) }
        if byte < 0x80 {
            cursor += 1
        } else {
            let length = UTF8Check.sequenceLength(at: cursor, before: end)
            guard length > 0 else { throw error(.invalidUTF8) }
            cursor += length
        }
    }

    /// `scratch` does not change before the next string, so its storage stays in place.
    private var unescaped: UnsafeBufferPointer<UInt8> { scratch.withUnsafeBufferPointer { $0 } }

    /// Appends the string from `first` on, unescaped, to `scratch`. There must be no escape between `first` and the
    /// cursor. Returns false if it pauses because the time slice is over.
    private mutating func unescapeRest(
        from first: UnsafePointer<UInt8>, pausing: Bool = false
    ) throws(JSONError) -> Bool {
        var plain = first
        while true {
            guard cursor < end else { throw error(.unexpectedEnd) }
            let byte = cursor.pointee
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                scratch.append(contentsOf: UnsafeBufferPointer(start: plain, count: cursor - plain))
                cursor += 1
                if byte == UInt8(ascii: "\"") { return true }
                try unescape()
                try look()
                if pausing, isSliceOver { return false }
                plain = cursor
            } else {
                try skipOne(byte)
            }
            skipPlain()
        }
    }

    private mutating func unescape() throws(JSONError) {
        guard cursor < end else { throw error(.unexpectedEnd) }
        let byte = cursor.pointee
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0c)
        case UInt8(ascii: "n"): scratch.append(0x0a)
        case UInt8(ascii: "r"): scratch.append(0x0d)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            cursor += 1
            try unescapeUnicode()
            return
        default: throw error(.invalidEscape)
        }
        cursor += 1
    }

    private mutating func unescapeUnicode() throws(JSONError) {
        let place = cursor
        var code = UInt32(try hexadecimal())
        if (0xd800..<0xdc00).contains(code) {
            guard end - cursor >= 2, cursor[0] == UInt8(ascii: "\\"), cursor[1] == UInt8(ascii: "u") else {
                throw error(.loneSurrogate, at: place)
            }
            cursor += 2
            let low = UInt32(try hexadecimal())
            guard (0xdc00..<0xe000).contains(low) else { throw error(.loneSurrogate, at: place) }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = UnicodeScalar(code), let encoded = UTF8.encode(scalar) else {
            throw error(.loneSurrogate, at: place)
        }
        scratch.append(contentsOf: encoded)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        guard end - cursor >= 4 else { throw error(.unexpectedEnd) }
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(cursor.pointee)).hexDigitValue, cursor.pointee < 0x80 else {
                throw error(.invalidEscape)
            }
            value = value << 4 | UInt16(digit)
            cursor += 1
        }
        return value
    }

    /// Scans the rest of the string from the cursor on.
    public mutating func scanRest() throws(JSONError) {
        scratch.removeAll()
        _ = try unescapeRest(from: cursor)
    }
}
