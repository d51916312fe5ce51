/// Checks UTF-8 according to table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
public enum UTF8Check {
    /// The length of the sequence of two to four bytes at `pointer`; 0 if the sequence is invalid.
    @inlinable @inline(__always)
    public static func sequenceLength(at pointer: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>) -> Int {
        if end - pointer >= 4 { return sequenceLength(UnsafeRawPointer(pointer).loadUnaligned(as: UInt32.self)) }
        var word: UInt32 = 0
        for index in 0..<end - pointer { word |= UInt32(pointer[index]) << UInt32(8 * index) }
        return sequenceLength(word)
    }

    /// The same for a sequence that is passed as a word. Its first byte is the lowest byte of the word.
    @inlinable @inline(__always)
    public static func sequenceLength(_ word: UInt32) -> Int {
        if word & 0xc0_c0f0 == 0x80_80e0 {
            // Below U+0800, or a surrogate.
            let start = word & 0x200f
            return start == 0 || start == 0x200d ? 0 : 3
        }
        if word & 0xc0e0 == 0x80c0 { return word & 0x1e == 0 ? 0 : 2 }
        guard word & 0xc0c0_c0f8 == 0x8080_80f0 else { return 0 }
        // The planes 1 to 16.
        return 1...16 ~= (word & 7) << 2 | word >> 12 & 3 ? 4 : 0
    }

    /// The offset of the first byte that is not UTF-8; nil if all are.
    public static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let end = start + bytes.count
        var pointer = start
        while pointer < end {
            if end - pointer >= 8, EightBytes.isASCII(EightBytes.load(pointer)) {
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
