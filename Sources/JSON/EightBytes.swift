/// Looks at eight bytes of a text at once.
///
/// The functions that mark bytes set the top bit of each byte that matches. Only the lowest mark is reliable; higher
/// ones may be wrong.
public enum EightBytes {
    @inlinable public static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable public static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// Reads eight bytes. The caller guarantees that there are eight bytes at `pointer`.
    @inlinable @inline(__always)
    public static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
    }

    /// Reads `count` bytes, from one to seven, and fills the higher bytes with zeros.
    @inlinable @inline(__always)
    public static func load(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(pointer)
        if count >= 4 {
            let end = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            return UInt64(raw.loadUnaligned(as: UInt32.self)) | end &<< UInt64(truncatingIfNeeded: 8 &* (count - 4))
        }
        // The first, the middle one and the last.
        return UInt64(pointer[0]) | UInt64(pointer[count &>> 1]) &<< UInt64(truncatingIfNeeded: 8 &* (count &>> 1))
            | UInt64(pointer[count - 1]) &<< UInt64(truncatingIfNeeded: 8 &* (count - 1))
    }

    /// The number of bytes before the lowest mark; 8 if there is none.
    @inlinable @inline(__always)
    public static func before(_ marks: UInt64) -> Int { marks.trailingZeroBitCount &>> 3 }

    /// Marks the bytes of a JSON string that need special treatment: control characters, double quotes, backslashes and
    /// bytes that are not ASCII.
    @inlinable @inline(__always)
    public static func odd(_ word: UInt64) -> UInt64 {
        // Swaps the codes of the double quote and the space, so that the quote lies directly above the control
        // characters.
        let swapped = word ^ (ones &* 0x02)
        let backslashes = word ^ (ones &* 0x5c)
        // A byte below n: (x - n) borrows into its top bit. Bytes over 0x7f have the top bit themselves.
        return (word | (swapped &- ones &* 0x21) | (backslashes &- ones)) & tops
    }

    /// Marks double quotes and backslashes.
    @inlinable @inline(__always)
    public static func quotesAndBackslashes(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & tops
    }

    @inlinable @inline(__always)
    public static func backslashes(_ word: UInt64) -> UInt64 {
        let backslashes = word ^ (ones &* 0x5c)
        return (backslashes &- ones) & ~backslashes & tops
    }

    /// Marks the same bytes as `odd` and the delete character, which luafunc writes as an escape.
    @inlinable @inline(__always)
    public static func oddOrDelete(_ word: UInt64) -> UInt64 { odd(word) | ((word ^ (ones &* 0x7f)) &- ones) & tops }

    @inlinable @inline(__always)
    public static func isASCII(_ word: UInt64) -> Bool { word & tops == 0 }

    @inlinable public static var allSpaces: UInt64 { 0x2020_2020_2020_2020 }

    /// The number of spaces at the beginning of eight bytes.
    @inlinable @inline(__always)
    public static func spaces(_ word: UInt64) -> Int { before(word ^ allSpaces) }

    /// The number of decimal digits at the beginning of eight bytes.
    @inlinable @inline(__always)
    public static func digits(_ word: UInt64) -> Int { before(noDigits(word &- ones &* 0x30)) }

    /// The value and the number of the decimal digits at the beginning of eight bytes. The first digit is the lowest
    /// byte.
    @inlinable @inline(__always)
    public static func decimal(_ word: UInt64) -> (value: UInt64, digits: Int) {
        var digits = word &- ones &* 0x30
        let count = before(noDigits(digits))
        if count == 0 { return (0, 0) }
        // The shift removes the bytes after the digits and puts zeros before the first digit.
        digits = digits &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        let pairs = (digits &* 10) &+ (digits &>> 8)
        let low = (pairs & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
        let high = (pairs &>> 16 & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001
        return ((low &+ high) &>> 32, count)
    }

    /// Marks the bytes over 9.
    @inlinable @inline(__always)
    public static func noDigits(_ digits: UInt64) -> UInt64 { (digits | (digits &+ ones &* 0x76)) & tops }
}
