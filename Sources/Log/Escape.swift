/// Makes text safe to show in a terminal or a log.
public enum Escape {
    /// Returns the text as one line. Escapes everything that would break the line or control the terminal.
    public static func line(_ text: String) -> String { escaped(text, keepsBreaks: false) }

    /// Escapes a text whose line breaks are intended, such as a traceback. Line breaks stay.
    public static func lines(_ text: String) -> String { escaped(text, keepsBreaks: true) }

    private static func escaped(_ text: String, keepsBreaks: Bool) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 >= 0x7f }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        if keepsBreaks {
            for (number, line) in text.utf8.split(separator: newline, omittingEmptySubsequences: false).enumerated() {
                if number > 0 { bytes.append(newline) }
                append(line, to: &bytes)
            }
        } else {
            append(text.utf8, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let newline = UInt8(ascii: "\n")

    /// Escapes control characters, which break a line or control a terminal, and characters that change the direction
    /// of the text after them (U+202A to U+202E, U+2066 to U+2069). A tab stays, because `print` puts one between its
    /// values.
    static func append(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        var last: UInt8 = 0
        var beforeLast: UInt8 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "\t"): bytes.append(byte)
            case newline: bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case ..<0x20, 0x7f: appendCode(UInt16(byte), to: &bytes)
            // U+0080 to U+009F in UTF-8. Terminals treat U+009B as ESC [.
            case 0x80...0x9f where last == 0xc2:
                bytes.removeLast()
                appendCode(UInt16(byte), to: &bytes)
            // U+2028 and U+2029 are line breaks too.
            case 0xa8...0xae where last == 0x80 && beforeLast == 0xe2,
                0xa6...0xa9 where last == 0x81 && beforeLast == 0xe2:
                bytes.removeLast(2)
                appendCode(0x2000 | UInt16(last & 0x3f) << 6 | UInt16(byte & 0x3f), to: &bytes)
            default: bytes.append(byte)
            }
            beforeLast = last
            last = byte
        }
    }

    static func append(_ text: String, to bytes: inout [UInt8]) { append(text.utf8, to: &bytes) }

    /// Appends a JSON string, with its quotes.
    static func append(json text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x0c: bytes += #"\f"#.utf8
            case newline: bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
            case ..<0x20, 0x7f: appendCode(UInt16(byte), to: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a code of the form `\u001b`.
    private static func appendCode(_ code: UInt16, to bytes: inout [UInt8]) {
        bytes += #"\u"#.utf8
        for shift in [UInt16(12), 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: code >> shift & 15)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
