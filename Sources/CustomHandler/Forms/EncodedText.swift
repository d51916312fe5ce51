import FunctionsModel

/// Text that a client has encoded for a header field. Only UTF-8 and Latin-1 are decoded.
enum EncodedText {
    private enum Charset {
        case utf8, latin1

        init?(_ name: some Sequence<UInt8>) {
            switch String(decoding: Array(name), as: UTF8.self).lowercased() {
            case "utf-8", "us-ascii": self = .utf8
            case "iso-8859-1": self = .latin1
            default: return nil
            }
        }

        /// The bytes in UTF-8; nil if they are not text of this charset.
        func text(_ bytes: [UInt8]) -> [UInt8]? {
            switch self {
            case .utf8: String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
            case .latin1: Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)
            }
        }
    }

    // MARK: RFC 8187: UTF-8''na%C3%AFve.txt

    /// nil if the text has another form or charset.
    static func extended(_ text: [UInt8]) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let charset = Charset(parts[0]),
            let bytes = bytes(parts[2], escape: UInt8(ascii: "%"))
        else { return nil }
        return charset.text(bytes)
    }

    /// nil if an escape character is not followed by two hexadecimal digits.
    private static func bytes(_ text: ArraySlice<UInt8>, escape: UInt8) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == escape else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    // MARK: RFC 2047: =?UTF-8?Q?na=C3=AFve.txt?=

    private struct Word {
        let charset: Charset
        let bytes: [UInt8]
        /// The range of the text that the word, or a run of such words, takes.
        let range: Range<Int>
    }

    /// Decodes the encoded words in the text. The white space between two of them does not count.
    static func words(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "?")), text.contains(UInt8(ascii: "=")) else { return text }
        var result: [UInt8] = []
        // A character may be divided between two words, so a run of words is decoded as a whole.
        var run: Word?
        // Where the text begins that is not in the result yet.
        var pending = 0
        func finish() {
            guard let word = run else { return }
            run = nil
            result += word.charset.text(word.bytes) ?? Array(text[word.range])
        }
        var start = 0
        while start < text.count {
            guard !isSpace(text[start]) else {
                start += 1
                continue
            }
            let end = text[start...].firstIndex(where: isSpace) ?? text.count
            if let word = word(text[start..<end]) {
                if let before = run, before.charset == word.charset {
                    run = Word(
                        charset: word.charset, bytes: before.bytes + word.bytes,
                        range: before.range.lowerBound..<end)
                } else {
                    if run == nil { result += text[pending..<start] }
                    finish()
                    run = word
                }
                pending = end
            } else {
                finish()
            }
            start = end
            if run == nil {
                result += text[pending..<end]
                pending = end
            }
        }
        finish()
        return result + text[pending...]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func word(_ text: ArraySlice<UInt8>) -> Word? {
        guard text.count > 5, text.starts(with: Array("=?".utf8)), text.suffix(2) == Array("?=".utf8)[...] else {
            return nil
        }
        let parts = text.dropFirst(2).dropLast(2)
            .split(separator: UInt8(ascii: "?"), maxSplits: 2, omittingEmptySubsequences: false)
        // A language may follow the charset after an asterisk (RFC 2231).
        guard parts.count == 3, let charset = Charset(parts[0].prefix { $0 != UInt8(ascii: "*") }),
            let bytes = bytes(parts[2], parts[1])
        else { return nil }
        return Word(charset: charset, bytes: bytes, range: text.startIndex..<text.endIndex)
    }

    private static func bytes(_ text: ArraySlice<UInt8>, _ encoding: ArraySlice<UInt8>) -> [UInt8]? {
        switch String(decoding: encoding, as: UTF8.self) {
        case "B", "b": Base64.decode(String(decoding: text, as: UTF8.self))
        case "Q", "q":
            bytes(Array(text.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 })[...], escape: UInt8(ascii: "="))
        default: nil
        }
    }
}
