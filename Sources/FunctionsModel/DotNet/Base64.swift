/// Base64 as .NET's `Convert` reads and writes it, and its URL-safe form.
package enum Base64 {
    package struct Alphabet: Sendable {
        let digits: [UInt8]
        let pads: Bool

        package static let plain = Alphabet(last: "+/", pads: true)
        package static let url = Alphabet(last: "-_", pads: false)

        private init(last: String, pads: Bool) {
            digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
            self.pads = pads
        }
    }

    /// Appends bytes as base64 text. The length of each piece except the last must be a multiple of three.
    package static func encode(_ bytes: RawSpan, _ alphabet: Alphabet, into output: inout [UInt8]) {
        let digits = alphabet.digits
        var index = 0
        while index < bytes.byteCount {
            let left = bytes.byteCount - index
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            output.append(digits[Int(bytes[index] >> 2)])
            output.append(digits[Int(bytes[index] << 4 & 0x30 | second >> 4)])
            if left > 1 { output.append(digits[Int(second << 2 & 0x3c | third >> 6)]) }
            if left > 2 { output.append(digits[Int(third & 0x3f)]) }
            if alphabet.pads, left < 3 { output += left == 1 ? Array("==".utf8) : Array("=".utf8) }
            index += 3
        }
    }

    /// Decodes text in pieces. White space is not an error.
    package struct Decoder {
        private let takesURL: Bool
        private var bits: UInt32 = 0
        private var digits = 0
        private var padding = 0
        private var isBroken = false

        /// - Parameter takesURL: whether `-` and `_` are accepted too and padding is optional.
        package init(takesURL: Bool = false) { self.takesURL = takesURL }

        package mutating func decode(_ text: RawSpan, into output: inout [UInt8]) {
            for index in 0..<text.byteCount {
                let byte = text[index]
                let value = values[Int(byte)]
                if value < 64 {
                    if padding > 0, !takesURL { isBroken = true }
                    bits = bits << 6 | UInt32(value)
                    digits += 1
                    guard digits % 4 == 0 else { continue }
                    output.append(UInt8(truncatingIfNeeded: bits >> 16))
                    output.append(UInt8(truncatingIfNeeded: bits >> 8))
                    output.append(UInt8(truncatingIfNeeded: bits))
                } else if byte == UInt8(ascii: "=") {
                    padding += 1
                } else if takesURL, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") {
                    bits = bits << 6 | (byte == UInt8(ascii: "-") ? 62 : 63)
                    digits += 1
                    guard digits % 4 == 0 else { continue }
                    output.append(UInt8(truncatingIfNeeded: bits >> 16))
                    output.append(UInt8(truncatingIfNeeded: bits >> 8))
                    output.append(UInt8(truncatingIfNeeded: bits))
                } else if !isSpace(byte) {
                    isBroken = true
                }
            }
        }

        /// Appends the last bytes. Returns false if the text was not base64.
        package func finish(into output: inout [UInt8]) -> Bool {
            guard !isBroken, takesURL || padding <= 2 && (digits + padding) % 4 == 0 else { return false }
            switch digits % 4 {
            case 1: return false
            case 2: output.append(UInt8(truncatingIfNeeded: bits >> 4))
            case 3:
                output.append(UInt8(truncatingIfNeeded: bits >> 10))
                output.append(UInt8(truncatingIfNeeded: bits >> 2))
            default: break
            }
            return true
        }
    }

    /// Returns nil if the text is not base64.
    package static func decode(_ text: RawSpan) -> [UInt8]? {
        var decoder = Decoder()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount / 4 * 3)
        decoder.decode(text, into: &bytes)
        return decoder.finish(into: &bytes) ? bytes : nil
    }

    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8Span.span.bytes) }

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(bytes.span.bytes, .plain, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the host would decode this text as base64 (host-contract §9.3 a). This is the case if, apart from white
    /// space, it is a multiple of four characters of the alphabet, with at most two `=` at the end. It includes the
    /// empty text.
    package static func isBase64(_ text: RawSpan) -> Bool {
        var characters = 0
        var padding = 0
        for index in 0..<text.byteCount {
            let byte = text[index]
            if isSpace(byte) { continue }
            characters += 1
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else if padding > 0 || values[Int(byte)] == 64 {
                return false
            }
        }
        return characters % 4 == 0 && padding <= 2
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// The value of each byte; 64 for bytes outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, digit) in Alphabet.plain.digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
}

extension RawSpan {
    /// The byte at an index. Traps beyond the end.
    fileprivate subscript(index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }
}
