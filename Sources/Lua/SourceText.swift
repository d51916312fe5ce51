import JSON

/// The text of a Lua source file, before Lua compiles it and after it could not.
public enum SourceText {
    /// The offset at which Lua's loader begins to read. It skips a first line that begins with `#`, but not the line
    /// break, so that line numbers stay right.
    public static func codeStart(_ text: RawSpan) -> Int {
        text.withUnsafeBytes { bytes in
            guard bytes.first == UInt8(ascii: "#") else { return 0 }
            return bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        }
    }

    /// Whether the text is not text but what `luac` or `string.dump` makes.
    public static func isBytecode(_ text: RawSpan) -> Bool {
        text.withUnsafeBytes { $0[codeStart(text)...].drop { $0 == UInt8(ascii: "\n") }.first == 0x1b }
    }

    /// Lua's message with the reason added, if the encoding of the file or a character that looks like another is the
    /// reason why the file does not compile; otherwise nil.
    ///
    /// - Parameter file: the name of the file, which Lua's message about bytecode does not contain.
    static func explanation(of message: String, _ text: RawSpan, file: String) -> String? {
        if isBytecode(text) {
            return "\(file):1: the file is compiled Lua (bytecode), and luafunc runs Lua text only; deploy its source"
        }
        return text.withUnsafeBytes { bytes in
            if let encoding = wideEncoding(bytes) {
                let place = message.prefixBefore(": ") ?? message
                return "\(place): the file is in \(encoding), which Lua cannot read; save it as UTF-8"
            }
            if let offset = UTF8Check.firstInvalid(in: bytes.assumingMemoryBound(to: UInt8.self)) {
                let line = 1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
                let byte = String(bytes[offset], radix: 16, uppercase: true)
                return "\(message); the file is not UTF-8 (line \(line) has the byte 0x\(byte)): save it as UTF-8"
            }
            guard message.hasSuffix(">'"), let offset = firstNonASCIICode(bytes),
                message.hasSuffix(" near '<\\\(bytes[offset])>'"),
                let character = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first
            else { return nil }
            return "\(message): \(remark(on: character))"
        }
    }

    /// UTF-16 or UTF-32, if the text is not Lua text but in one of these.
    private static func wideEncoding(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count >= 2 else { return nil }
        let start = bytes.prefix(4).map { $0 == 0 }
        let nulls = start.count { $0 }
        if nulls == 3 || start == [false, false, true, true] || start == [true, true, false, false] {
            return "UTF-32"
        }
        let hasMark = [[0xff, 0xfe], [0xfe, 0xff]].contains([bytes[0], bytes[1]])
        return hasMark || nulls > 0 && start[0] != start[1] ? "UTF-16" : nil
    }

    /// The offset of the first byte beyond ASCII that is neither in a string nor in a comment. Lua's compiler stops
    /// there at the latest.
    private static func firstNonASCIICode(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "-") where bytes[offset...].starts(with: "--".utf8):
                offset = endOfLongText(bytes, at: offset + 2) ?? bytes[offset...].firstIndex(of: 10) ?? bytes.count
            case UInt8(ascii: "["):
                offset = endOfLongText(bytes, at: offset) ?? offset + 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                offset = endOfString(bytes, at: offset)
            case 0x80...: return offset
            default: offset += 1
            }
        }
        return nil
    }

    /// The offset after a text in quotes. One that does not end in its line ends there, because Lua reads no further.
    private static func endOfString(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
        var offset = start + 1
        while offset < bytes.count, bytes[offset] != bytes[start], bytes[offset] != 10 {
            guard bytes[offset] == UInt8(ascii: "\\") else {
                offset += 1
                continue
            }
            let skipsSpace = bytes[offset...].starts(with: "\\z".utf8)
            offset += 2
            while skipsSpace, offset < bytes.count, [9, 10, 11, 12, 13, 32].contains(bytes[offset]) { offset += 1 }
        }
        return offset + 1
    }

    /// The offset after `[[…]]` or `[==[…]==]`; nil if no such text begins here.
    private static func endOfLongText(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "[") else { return nil }
        let level = bytes[(start + 1)...].prefix { $0 == UInt8(ascii: "=") }.count
        var offset = start + 1 + level
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "[") else { return nil }
        let end = "]" + String(repeating: "=", count: level) + "]"
        while offset < bytes.count, !bytes[offset...].starts(with: end.utf8) { offset += 1 }
        return offset + end.utf8.count
    }

    private static func remark(on character: Unicode.Scalar) -> String {
        let code = "U+" + String(character.value, radix: 16, uppercase: true).leftPadded(to: 4)
        let shown = "\(character) (\(code))"
        switch character.value {
        case 0x2018...0x201b, 0x2032, 0xb4: return "\(shown) is a typographic quotation mark; write ' instead"
        case 0x201c...0x201f, 0x2033, 0xab, 0xbb: return "\(shown) is a typographic quotation mark; write \" instead"
        case 0x2010...0x2015, 0x2212: return "\(shown) is a dash; write - instead"
        case 0xff01...0xff5e:
            let plain = Unicode.Scalar(character.value - 0xfee0).map { String($0) } ?? ""
            return "\(shown) is a full-width character; write \(plain) instead"
        case 0xa0, 0x2007, 0x202f: return "\(code) is a no-break space; write an ordinary space instead"
        case 0x85, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x205f, 0x3000:
            return "\(code) is not a space to Lua; write an ordinary space instead"
        case 0xad, 0x200b...0x200f, 0x202a...0x202e, 0x2060...0x2064, 0x2066...0x2069, 0xfeff:
            return "\(code) is an invisible character of no width; delete it"
        default:
            return "\(shown) can stand only in strings and comments; names are made of ASCII letters, digits and _"
        }
    }
}

extension String {
    fileprivate func prefixBefore(_ text: String) -> String? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return String(self[..<start]) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func leftPadded(to count: Int) -> String {
        String(repeating: "0", count: max(0, count - self.count)) + self
    }
}
