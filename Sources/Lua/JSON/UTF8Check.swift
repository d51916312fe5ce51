/// Checks UTF-8 by the Unicode table 3-7: no overlong forms, no surrogates, nothing over U+10FFFF.
enum UTF8Check {
    /// The length of the sequence of two to four bytes at `pointer`; 0 if it is not valid.
    static func sequenceLength(at pointer: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>) -> Int {
        let lead = pointer[0]
        let length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
        guard lead >= 0xc2, lead <= 0xf4, end - pointer >= length else { return 0 }
        let second = pointer[1]
        switch lead {
        case 0xe0: guard 0xa0...0xbf ~= second else { return 0 }
        case 0xed: guard 0x80...0x9f ~= second else { return 0 }
        case 0xf0: guard 0x90...0xbf ~= second else { return 0 }
        case 0xf4: guard 0x80...0x8f ~= second else { return 0 }
        default: guard 0x80...0xbf ~= second else { return 0 }
        }
        for index in 2..<max(length, 2) where !(0x80...0xbf ~= pointer[index]) { return 0 }
        return length
    }

    /// A word whose top bits mark those of eight bytes of a JSON string that need a look: control characters, double quotes,
    /// backslashes and what is not ASCII. The lowest mark is right; those above it may be wrong.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        // A byte below n: (x - n) borrows into its top bit. Bytes over 0x7f have the top bit themselves.
        return (word | (word &- ones &* 0x20) | (quotes &- ones) | (backslashes &- ones)) & (ones &* 0x80)
    }

    /// The code unit of the escape `\uXXXX` at `pointer`; nil if there is none.
    static func escapedUnit(at pointer: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>) -> UInt16? {
        guard end - pointer >= 6, pointer[0] == UInt8(ascii: "\\"), pointer[1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt16 = 0
        for index in 2..<6 {
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

    /// The offset of the first byte that is not UTF-8; nil if all are.
    static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let end = start + bytes.count
        var pointer = start
        while pointer < end {
            if end - pointer >= 8, UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                pointer += 8
            } else if pointer.pointee < 0x80 {
                pointer += 1
            } else {
                let length = sequenceLength(at: pointer, before: end)
                if length == 0 { return pointer - start }
                pointer += length
            }
        }
        return nil
    }
}
