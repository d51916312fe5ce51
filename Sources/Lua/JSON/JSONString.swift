/// The inside of a JSON string in double quotes.
enum JSONString {
    /// The closing quote of a string that goes on at `cursor`; nil if there is none before `end`, or if a byte must be
    /// checked: a control character, or one that is not ASCII.
    static func end(
        from cursor: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        var cursor = cursor
        while true {
            while end - cursor >= 8 {
                let found = UTF8Check.special(UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
                if found != 0 {
                    cursor += found.trailingZeroBitCount >> 3
                    break
                }
                cursor += 8
            }
            guard cursor < end else { return nil }
            switch cursor.pointee {
            case UInt8(ascii: "\""): return cursor
            case UInt8(ascii: "\\"): cursor += 2
            case 0x20..<0x80: cursor += 1
            default: return nil
            }
        }
    }

    /// Writes the text without its escapes to a place with room for as many bytes; returns how many it has written. nil for
    /// a mistake in an escape.
    static func unescape(_ text: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int? {
        guard var cursor = text.baseAddress else { return 0 }
        let end = cursor + text.count
        var place = output
        while cursor < end {
            if end - cursor >= 8 {
                let word = UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)
                // The bytes after a backslash are overwritten: never more are written than read.
                UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt64.self)
                let found = backslashes(word)
                if found == 0 {
                    cursor += 8
                    place += 8
                    continue
                }
                let plain = found.trailingZeroBitCount >> 3
                cursor += plain
                place += plain
            } else if cursor.pointee != UInt8(ascii: "\\") {
                place.pointee = cursor.pointee
                cursor += 1
                place += 1
                continue
            }
            guard let length = unescapeOne(&cursor, end, to: place) else { return nil }
            place += length
        }
        return place - output
    }

    /// As `UTF8Check.special`, for backslashes only.
    @inline(__always)
    private static func backslashes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let difference = word ^ (ones &* 0x5c)
        return (difference &- ones) & ~difference & (ones &* 0x80)
    }

    /// Writes what the escape at the cursor stands for, and moves past it.
    @inline(__always)
    private static func unescapeOne(
        _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard end - cursor >= 2 else { return nil }
        let byte: UInt8
        switch cursor[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = cursor[1]
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0c
        case UInt8(ascii: "n"): byte = 0x0a
        case UInt8(ascii: "r"): byte = 0x0d
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "u"): return unescapeUnicode(&cursor, end, to: place)
        default: return nil
        }
        cursor += 2
        place.pointee = byte
        return 1
    }

    @inline(never)
    private static func unescapeUnicode(
        _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard let unit = UTF8Check.escapedUnit(at: cursor, before: end) else { return nil }
        cursor += 6
        var code = UInt32(unit)
        if (0xd800..<0xdc00).contains(code) {
            guard let low = UTF8Check.escapedUnit(at: cursor, before: end), (0xdc00..<0xe000).contains(low) else {
                return nil
            }
            cursor += 6
            code = 0x10000 + (code - 0xd800) << 10 + (UInt32(low) - 0xdc00)
        }
        guard let scalar = UnicodeScalar(code) else { return nil }
        var length = 0
        for byte in UTF8.encode(scalar) ?? .init() {
            place[length] = byte
            length += 1
        }
        return length
    }
}
