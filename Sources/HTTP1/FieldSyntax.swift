/// What may stand in a message. Names, values and targets that come from scripts and foreign handlers are checked by these.
extension HTTPFields {
    /// A token (RFC 9110 §5.6.2). Methods are tokens, too.
    public static func isValidName(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy(\.isTokenByte) }

    /// No control character but the tab. Bytes that are not ASCII are allowed.
    public static func isValidValue(_ value: String) -> Bool { value.utf8.allSatisfy(\.isValueByte) }

    public static func isValidValue(_ value: [UInt8]) -> Bool { value.allSatisfy(\.isValueByte) }

    /// Neither spaces nor control characters, and no `#`.
    public static func isValidTarget(_ target: String) -> Bool {
        !target.isEmpty && target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { 0x41...0x5a ~= self ? self | 0x20 : self }

    var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// White space, what is printed, and what is not ASCII.
    var isValueByte: Bool { self >= 0x20 && self != 0x7f || self == 0x09 }
}
