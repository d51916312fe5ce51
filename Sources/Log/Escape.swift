/// Makes text harmless for the reader of a line.
enum Escape {
    /// A text without control characters: they would break the line or steer the terminal that shows it. A tab stays a
    /// tab, since `print` puts one between its values.
    static func append(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        var last: UInt8 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "\t"): bytes.append(byte)
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case ..<0x20, 0x7f: appendCode(byte, to: &bytes)
            // U+0080 to U+009F, in UTF-8: terminals take U+009B for ESC [.
            case 0x80...0x9f where last == 0xc2:
                bytes.removeLast()
                appendCode(byte, to: &bytes)
            default: bytes.append(byte)
            }
            last = byte
        }
    }

    static func append(_ text: String, to bytes: inout [UInt8]) { append(text.utf8, to: &bytes) }

    /// A JSON string, with its quotes.
    static func append(json text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x0c: bytes += #"\f"#.utf8
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
            case ..<0x20, 0x7f: appendCode(byte, to: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// `\u001b`
    private static func appendCode(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes += #"\u00"#.utf8
        for digit in [byte >> 4, byte & 15] {
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
