/// Skips the tokens of a text that may not be JSON. The text must be followed by `JSONOutline.padding` zero bytes.
enum JSONTokens {
    /// Skips white space. Stops at any other byte, or soon after it has reached `stop`.
    @inline(__always)
    static func skipSpace(_ cursor: inout UnsafePointer<UInt8>, to stop: UnsafePointer<UInt8>) {
        while cursor.pointee <= 0x20, 1 &<< UInt64(cursor.pointee) & spaces != 0, cursor < stop {
            cursor += 1
            var word = EightBytes.load(cursor)
            while word == EightBytes.allSpaces, cursor < stop {
                cursor += 8
                word = EightBytes.load(cursor)
            }
            cursor += EightBytes.spaces(word)
        }
    }

    private static let spaces: UInt64 = 1 << 0x20 | 1 << 0x0a | 1 << 0x0d | 1 << 0x09

    /// Skips an escape, or characters that are not ASCII, in a string. Returns false if the bytes at the cursor are not
    /// valid in a string.
    static func skipOdd(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        if cursor.pointee == UInt8(ascii: "\\") {
            let length = JSONString.escapeLength(at: cursor)
            cursor += length
            return length > 0
        }
        guard cursor.pointee >= 0x80 else { return false }
        // The number is limited, because the caller may have to pause.
        let stop = cursor + 256
        while cursor.pointee >= 0x80, cursor < stop {
            let length = UTF8Check.sequenceLength(UnsafeRawPointer(cursor).loadUnaligned(as: UInt32.self))
            guard length > 0 else { return false }
            cursor += length
        }
        return true
    }

    /// Skips `true`, `false` or `null`.
    @inline(__always)
    static func skipWord(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        switch UnsafeRawPointer(cursor).loadUnaligned(as: UInt32.self) {
        case 0x6575_7274, 0x6c6c_756e:  // "true", "null"
            cursor += 4
            return true
        case 0x736c_6166 where cursor[4] == UInt8(ascii: "e"):  // "fals"
            cursor += 5
            return true
        default: return false
        }
    }

    /// Skips a number. Returns false, and leaves the cursor where it is, if the number is invalid.
    @inline(__always)
    static func skipNumber(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        let first = cursor
        var end = cursor
        if end.pointee == UInt8(ascii: "-") { end += 1 }
        guard isDigit(end) else { return false }
        let isZero = end.pointee == UInt8(ascii: "0")
        end += 1
        if isZero, isDigit(end) { return false }
        while isDigit(end) { end += 1 }
        if end.pointee == UInt8(ascii: ".") {
            end += 1
            guard isDigit(end) else { return false }
            var digits: Int
            repeat {
                digits = EightBytes.digits(EightBytes.load(end))
                end += digits
            } while digits == 8
        }
        // Only such numbers can be too large for a double or take long to convert.
        if end.pointee | 0x20 == UInt8(ascii: "e") || end - first > 300 {
            guard let rest = endOfOdd(first, end) else { return false }
            end = rest
        }
        cursor = end
        return true
    }

    /// The end of a number that has an exponent or is long; nil if the number is invalid.
    @inline(never)
    private static func endOfOdd(
        _ first: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        var end = end
        if end.pointee | 0x20 == UInt8(ascii: "e") {
            end += 1
            if end.pointee == UInt8(ascii: "-") || end.pointee == UInt8(ascii: "+") { end += 1 }
            guard isDigit(end) else { return nil }
            while isDigit(end) { end += 1 }
        }
        guard end - first <= JSONScanner.longestNumber else { return nil }
        var cursor = first
        return JSONNumber.read(&cursor) == nil ? nil : end
    }

    @inline(__always)
    private static func isDigit(_ cursor: UnsafePointer<UInt8>) -> Bool { cursor.pointee &- UInt8(ascii: "0") < 10 }
}
