/// The syntactic classes of a byte, as bits of one table.
enum ByteClass {
    static let token: UInt8 = 1
    /// A byte of a registered name in a URL (RFC 3986 §3.2.2), apart from percent-encoding.
    static let hostName: UInt8 = 2
    /// A byte of a field value.
    static let value: UInt8 = 4

    /// One ASCII digit for each byte value, with these bits set.
    ///
    /// This is a pointer because an array would check its bounds and its initialization for each byte of a head. It is
    /// safe because a literal lives as long as the program, and a byte is always below 256.
    @inline(__always)
    static var table: UnsafePointer<UInt8> {
        let digits: StaticString = """
            0000000004000000\
            0000000000000000\
            4745757766776774\
            7777777777464644\
            4777777777777777\
            7777777777744457\
            5777777777777777\
            7777777777745470\
            4444444444444444\
            4444444444444444\
            4444444444444444\
            4444444444444444\
            4444444444444444\
            4444444444444444\
            4444444444444444\
            4444444444444444
            """
        return digits.utf8Start
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { 0x41...0x5a ~= self ? self | 0x20 : self }

    var isDigit: Bool { self &- 0x30 < 10 }
}
