/// Writes strings: checks whether they are UTF-8 and escapes them in one pass, eight bytes at a time where it can.
extension JSONText {
    /// The extra room that is needed in the buffer: eight bytes may be stored where fewer belong, and an escape is
    /// longer than its byte.
    @inlinable static var slack: Int { 16 }

    /// Appends the text as a string; returns the offset of the first byte that is not UTF-8, if there is one.
    @inlinable @discardableResult
    public final func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        reserve(bytes.count + 2 * Self.slack)
        buffer[count] = UInt8(ascii: "\"")
        count += 1
        let invalid = appendEscaped(bytes)
        // The slack has room for the closing quote.
        buffer[count] = UInt8(ascii: "\"")
        count += 1
        return invalid
    }

    /// The same without the quotes.
    @inlinable @discardableResult
    public final func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let end = start + bytes.count
        var cursor = start
        var invalid: Int?
        // The buffer always has room for the rest of the text and the slack.
        reserve(bytes.count + Self.slack)
        var place = buffer + count
        while cursor < end {
            let left = end - cursor
            let word = left >= 8 ? EightBytes.load(cursor) : EightBytes.load(cursor, left)
            UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt64.self)
            let odd = EightBytes.oddOrDelete(word)
            let plain = odd == 0 ? 8 : EightBytes.before(odd)
            if plain >= left {
                place += left
                break
            }
            cursor += plain
            place += plain
            if odd == 0 { continue }
            if cursor.pointee >= 0x80 {
                if !copyCharacters(&cursor, to: &place, before: end), invalid == nil { invalid = cursor - 1 - start }
            } else {
                count = place - buffer
                reserve(end - cursor + Self.slack)
                place = buffer + count
                place += Self.putEscape(cursor.pointee, at: place)
                cursor += 1
            }
        }
        count = place - buffer
        return invalid
    }

    /// Copies characters that are not ASCII. Returns false after it has copied a byte that is not UTF-8.
    @inlinable @inline(__always)
    final func copyCharacters(
        _ cursor: inout UnsafePointer<UInt8>, to place: inout UnsafeMutablePointer<UInt8>,
        before end: UnsafePointer<UInt8>
    ) -> Bool {
        repeat {
            let length: Int
            if end - cursor >= 4 {
                let word = UnsafeRawPointer(cursor).loadUnaligned(as: UInt32.self)
                UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt32.self)
                length = UTF8Check.sequenceLength(word)
            } else {
                place.update(from: cursor, count: end - cursor)
                length = UTF8Check.sequenceLength(at: cursor, before: end)
            }
            cursor += max(length, 1)
            place += max(length, 1)
            if length == 0 { return false }
        } while cursor < end && cursor.pointee >= 0x80
        return true
    }

    /// Returns how many bytes the escape takes.
    @inlinable @inline(__always)
    static func putEscape(_ byte: UInt8, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let letter = escapeLetter(byte)
        place[0] = UInt8(ascii: "\\")
        place[1] = letter
        guard letter == UInt8(ascii: "u") else { return 2 }
        place[2] = UInt8(ascii: "0")
        place[3] = UInt8(ascii: "0")
        place[4] = hexadecimalDigit(byte >> 4)
        place[5] = hexadecimalDigit(byte & 15)
        return 6
    }

    /// The letter after the backslash if the byte needs an escape; else 0.
    @inlinable @inline(__always)
    public static func escapeLetter(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0a: UInt8(ascii: "n")
        case 0x0c: UInt8(ascii: "f")
        case 0x0d: UInt8(ascii: "r")
        case 0x7f, 0..<0x20: UInt8(ascii: "u")
        default: 0
        }
    }

    @inlinable
    public static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
