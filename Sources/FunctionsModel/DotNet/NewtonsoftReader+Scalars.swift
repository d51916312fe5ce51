import JSON

/// The parts of tokens: white space, comments, names, words, strings.
extension NewtonsoftReader {
    /// Reads a string, a number or a word.
    mutating func readScalar(_ byte: UInt8) throws(JSONError) -> NewtonsoftValue {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let place = index
            let text = try readQuoted()
            guard let zone else { return .string(text) }
            do throws(DateTimeOutOfRange) {
                return try DotNetDateTime(newtonsoft: text, zone).map { .date($0, of: text) } ?? .string(text)
            } catch {
                throw self.error(.dateOutOfRange(text), at: place)
            }
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "u"): return try word("undefined", .undefined)
        case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
        case UInt8(ascii: "-") where bytes[index...].starts(with: "-I".utf8):
            return try word("-Infinity", .double(-.infinity))
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let place = index
            guard let number = NewtonsoftNumber.read(try readNumberText()) else {
                throw error(.invalidNumber, at: place)
            }
            return number
        default: throw unexpected("a value")
        }
    }

    private mutating func word(_ word: String, _ value: NewtonsoftValue) throws(JSONError) -> NewtonsoftValue {
        let end = index + word.utf8.count
        guard bytes[index...].starts(with: word.utf8), isSeparator(at: end) else { throw unexpected("a value") }
        index = end
        return value
    }

    /// Whether a word may end at a position.
    private func isSeparator(at place: Int) -> Bool {
        guard place < bytes.count else { return true }
        switch bytes[place] {
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","): return true
        case UInt8(ascii: ")"): return isInConstructor
        case UInt8(ascii: "/"): return place + 1 < bytes.count && "*/".utf8.contains(bytes[place + 1])
        default: return spaceLength(at: place) > 0
        }
    }

    private mutating func readNumberText() throws(JSONError) -> String {
        let start = index
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "+"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                index += 1
                continue
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "/"): break
            default: guard spaceLength(at: index) > 0 else { throw error(.invalidNumber, at: start) }
            }
            break
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    // MARK: White space and comments

    mutating func skipSpace() {
        while true {
            let length = spaceLength(at: index)
            guard length > 0 else { return }
            index += length
        }
    }

    /// The length of the white space character at a position; 0 if there is none.
    private func spaceLength(at place: Int) -> Int {
        guard place < bytes.count else { return 0 }
        switch bytes[place] {
        case 0, 0x09...0x0d, 0x20: return 1
        case 0x80...:
            let scalar = scalar(at: place)
            return scalar.properties.isWhitespace ? UTF8.width(scalar) : 0
        default: return 0
        }
    }

    private func scalar(at place: Int) -> Unicode.Scalar {
        var decoder = UTF8()
        var rest = bytes[place...].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&rest) { return scalar }
        return "\u{fffd}"
    }

    /// Returns the comment's text. A comment of one line ends before the line break.
    mutating func readComment() throws(JSONError) -> String {
        let start = index + 2
        guard start < bytes.count else { throw error(.unexpectedEnd) }
        switch bytes[index + 1] {
        case UInt8(ascii: "/"):
            index = bytes[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.count
            return String(decoding: bytes[start..<index], as: UTF8.self)
        case UInt8(ascii: "*"):
            var end = start
            while !bytes[end...].starts(with: "*/".utf8) {
                guard end + 2 < bytes.count else { throw error(.unexpectedEnd) }
                end += 1
            }
            index = end + 2
            return String(decoding: bytes[start..<end], as: UTF8.self)
        default: throw unexpected("a value")
        }
    }

    // MARK: Names

    /// Reads the name of a member and the colon after it.
    mutating func readNameText(_ byte: UInt8) throws(JSONError) -> String {
        let isQuoted = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
        let name = isQuoted ? try readQuoted() : try readIdentifier("$_", until: ":")
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("':'") }
        index += 1
        return name
    }

    /// Reads the name of a constructor. The parenthesis follows.
    mutating func readConstructorName() throws(JSONError) -> String {
        let end = index + 3
        guard bytes[index...].starts(with: "new".utf8), isSeparator(at: end) else { throw unexpected("a value") }
        index = end
        skipSpace()
        let name = next == UInt8(ascii: "(") ? "" : try readIdentifier("", until: "(")
        skipSpace()
        guard next == UInt8(ascii: "(") else { throw unexpected("'('") }
        return name
    }

    /// Reads letters, digits and the given other characters, until white space or the given character.
    private mutating func readIdentifier(_ others: String, until end: Unicode.Scalar) throws(JSONError) -> String {
        let start = index
        while index < bytes.count {
            let scalar = scalar(at: index)
            if scalar.isLetterOrDigit || others.unicodeScalars.contains(scalar) {
                index += UTF8.width(scalar)
            } else if index > start, scalar == end || spaceLength(at: index) > 0 {
                return String(decoding: bytes[start..<index], as: UTF8.self)
            } else {
                throw unexpected(end == ":" ? "a key in double quotes" : "'('")
            }
        }
        throw error(.unexpectedEnd)
    }

    // MARK: Strings

    private mutating func readQuoted() throws(JSONError) -> String {
        let quote = bytes[index]
        var text: [UInt8] = []
        index += 1
        while let byte = next {
            index += 1
            switch byte {
            case quote: return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try unescape(into: &text)
            default: text.append(byte)
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func unescape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error(.unexpectedEnd) }
        index += 1
        switch byte {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var units = [try readUnit()]
            // A surrogate is read with the unit after it, if that is an escape too.
            while UTF16.isLeadSurrogate(units[units.count - 1]), bytes[index...].starts(with: "\\u".utf8) {
                index += 2
                units.append(try readUnit())
            }
            text += String(decoding: units, as: UTF16.self).utf8
        default: throw error(.invalidEscape, at: index - 1)
        }
    }

    /// Reads the four digits of a code unit.
    private mutating func readUnit() throws(JSONError) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error(.invalidEscape) }
        index += 4
        return unit
    }
}

extension Unicode.Scalar {
    /// `Char.IsLetterOrDigit`
    fileprivate var isLetterOrDigit: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            value <= 0xffff
        default: false
        }
    }
}
