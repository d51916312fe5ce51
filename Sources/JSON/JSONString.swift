/// The inside of a JSON string in double quotes.
public enum JSONString {
    /// Moves from any position in a string to its closing quote or its first escape. The string must be valid, and
    /// seven more bytes must follow the text in memory.
    @inlinable @inline(__always)
    public static func skipPlain(_ cursor: inout UnsafePointer<UInt8>) {
        while true {
            let found = EightBytes.quotesAndBackslashes(EightBytes.load(cursor))
            cursor += EightBytes.before(found)
            if found != 0 { return }
        }
    }

    /// Writes the text, unescaped, to `output`, which must have room for as many bytes as the text has. Returns the
    /// number of bytes written. The escapes must be valid.
    public static func unescape(_ text: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
        guard var cursor = text.baseAddress else { return 0 }
        let end = cursor + text.count
        return unescape(&cursor, until: end, end, to: output)
    }

    /// Does the same for the text up to `limit`. If `limit` lies inside an escape, the whole escape is read.
    public static func unescape(
        _ cursor: inout UnsafePointer<UInt8>, until limit: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
        to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var place = output
        while cursor < limit {
            if end - cursor >= 8 {
                let word = EightBytes.load(cursor)
                // The bytes stored after a backslash are overwritten later. There is room, because never more bytes are
                // written than read.
                UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt64.self)
                let found = EightBytes.backslashes(word)
                let plain = EightBytes.before(found)
                cursor += plain
                place += plain
                if found == 0 { continue }
            } else if cursor.pointee != UInt8(ascii: "\\") {
                place.pointee = cursor.pointee
                cursor += 1
                place += 1
                continue
            }
            place += unescapeOne(&cursor, to: place)
        }
        return place - output
    }

    /// Writes the character that the escape at the cursor stands for, and moves past the escape.
    @inline(__always)
    private static func unescapeOne(
        _ cursor: inout UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let byte = cursor[1]
        if byte == UInt8(ascii: "u") { return unescapeUnicode(&cursor, to: place) }
        cursor += 2
        place.pointee =
            switch byte {
            case UInt8(ascii: "n"): 0x0a
            case UInt8(ascii: "b"): 0x08
            case UInt8(ascii: "f"): 0x0c
            case UInt8(ascii: "r"): 0x0d
            case UInt8(ascii: "t"): 0x09
            default: byte
            }
        return 1
    }

    @inline(never)
    private static func unescapeUnicode(
        _ cursor: inout UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var code = UInt32(unit(at: cursor + 2) ?? 0)
        cursor += 6
        if (0xd800..<0xdc00).contains(code) {
            code = 0x10000 + (code - 0xd800) << 10 + UInt32(unit(at: cursor + 2) ?? 0) & 0x3ff
            cursor += 6
        }
        func put(_ index: Int, _ lead: UInt32, _ shift: UInt32) {
            place[index] = UInt8(truncatingIfNeeded: lead | code >> shift & (lead == 0x80 ? 0x3f : 0xff))
        }
        switch code {
        case 0..<0x80:
            put(0, 0, 0)
            return 1
        case 0x80..<0x800:
            put(0, 0xc0, 6)
            put(1, 0x80, 0)
            return 2
        case 0x800..<0x10000:
            put(0, 0xe0, 12)
            put(1, 0x80, 6)
            put(2, 0x80, 0)
            return 3
        default:
            put(0, 0xf0, 18)
            put(1, 0x80, 12)
            put(2, 0x80, 6)
            put(3, 0x80, 0)
            return 4
        }
    }

    /// The value of four hexadecimal digits; nil for anything else.
    @inlinable @inline(__always)
    public static func unit(at pointer: UnsafePointer<UInt8>) -> UInt16? {
        var unit: UInt16 = 0
        for index in 0..<4 {
            let byte = pointer[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The length of the escape at `pointer`; 0 if the escape is invalid. Twelve more bytes must follow in memory.
    public static func escapeLength(at pointer: UnsafePointer<UInt8>) -> Int {
        switch pointer[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = unit(at: pointer + 2), !(0xdc00..<0xe000).contains(unit) else { return 0 }
            guard (0xd800..<0xdc00).contains(unit) else { return 6 }
            guard pointer[6] == UInt8(ascii: "\\"), pointer[7] == UInt8(ascii: "u") else { return 0 }
            return self.unit(at: pointer + 8).map { (0xdc00..<0xe000).contains($0) } == true ? 12 : 0
        default: return 0
        }
    }
}
