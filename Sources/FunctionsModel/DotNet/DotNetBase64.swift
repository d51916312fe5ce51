package enum DotNetBase64 {
    /// `Convert.FromBase64String` (host-contract §9.3 a; golden/dotnet/base64): ignores white space and bits that are left
    /// over at the end. nil where .NET throws.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.filter { !isSpace($0) }
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var group: UInt32 = 0
        for (index, digit) in digits.dropLast(padding).enumerated() {
            guard let value = value(of: digit) else { return nil }
            group = group << 6 | value
            guard index % 4 > 0 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> (6 - 2 * UInt32(index % 4))))
        }
        return bytes
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
