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
