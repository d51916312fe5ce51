/// Looks at eight bytes of a text at once.
///
/// Marks are the top bits of the bytes that were looked for. The lowest mark is right; those above it may be wrong.
enum EightBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// There must be eight bytes from there on.
    @inline(__always)
    static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
    }

    /// The first of less than eight bytes, with zeros behind them. At least one.
    @inline(__always)
    static func load(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
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
    @inline(__always)
    static func before(_ marks: UInt64) -> Int { marks.trailingZeroBitCount &>> 3 }

    /// Marks what needs a look in a JSON string: control characters, double quotes, backslashes and what is not ASCII.
    @inline(__always)
    static func odd(_ word: UInt64) -> UInt64 {
        // Swaps the double quote and the space, which puts the quote next to the control characters.
        let swapped = word ^ (ones &* 0x02)
        let backslashes = word ^ (ones &* 0x5c)
        // A byte below n: (x - n) borrows into its top bit. Bytes over 0x7f have the top bit themselves.
        return (word | (swapped &- ones &* 0x21) | (backslashes &- ones)) & tops
    }

    /// Marks double quotes and backslashes.
    @inline(__always)
    static func quotesAndBackslashes(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & tops
    }

    @inline(__always)
    static func backslashes(_ word: UInt64) -> UInt64 {
        let backslashes = word ^ (ones &* 0x5c)
        return (backslashes &- ones) & ~backslashes & tops
    }

    /// Marks the delete character, too, which is written as an escape.
    @inline(__always)
    static func oddOrDelete(_ word: UInt64) -> UInt64 { odd(word) | ((word ^ (ones &* 0x7f)) &- ones) & tops }

    @inline(__always)
    static func isASCII(_ word: UInt64) -> Bool { word & tops == 0 }

    static let allSpaces: UInt64 = 0x2020_2020_2020_2020

    /// The number of spaces before anything else, in eight bytes.
    @inline(__always)
    static func spaces(_ word: UInt64) -> Int { before(word ^ allSpaces) }

    /// The number of decimal digits before anything else, in eight bytes.
    @inline(__always)
    static func digits(_ word: UInt64) -> Int { before(noDigits(word &- ones &* 0x30)) }

    /// The value of the decimal digits before anything else, the first of which is the lowest byte, and their number.
    @inline(__always)
    static func decimal(_ word: UInt64) -> (value: UInt64, digits: Int) {
        var digits = word &- ones &* 0x30
        let count = before(noDigits(digits))
        if count == 0 { return (0, 0) }
        // Zeros come before.
        digits = digits &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        let pairs = (digits &* 10) &+ (digits &>> 8)
        let low = (pairs & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
        let high = (pairs &>> 16 & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001
        return ((low &+ high) &>> 32, count)
    }

    /// Marks the bytes over 9.
    @inline(__always)
    private static func noDigits(_ digits: UInt64) -> UInt64 { (digits | (digits &+ ones &* 0x76)) & tops }
}
