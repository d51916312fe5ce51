/// What a byte may be part of, as bits of one table.
enum ByteClass {
    static let token: UInt8 = 1
    /// A registered name of a URL (RFC 3986 §3.2.2), apart from percent-encoding.
    static let hostName: UInt8 = 2
    /// A field value.
    static let value: UInt8 = 4

    /// By byte. Loops bind it to a local first.
    static let table: [UInt8] = (UInt8.min...UInt8.max).map { byte in
        let isAlphanumeric = 0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte
        let isToken = isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        let isHostName = isAlphanumeric || "-._~!$&'()*+,;=".utf8.contains(byte)
        let isValue = byte >= 0x20 && byte != 0x7f || byte == 0x09
        return (isToken ? token : 0) | (isHostName ? hostName : 0) | (isValue ? value : 0)
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { 0x41...0x5a ~= self ? self | 0x20 : self }

    var isDigit: Bool { self &- 0x30 < 10 }
}
