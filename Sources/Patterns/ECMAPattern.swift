/// Translates a regular expression of ECMAScript, read with its flag `u` as JSON Schema wants it, to PCRE2's dialect.
///
/// What PCRE2 would read as something else is refused. PCRE2 still accepts a few things that ECMAScript refuses, such as
/// the possessive `a++`.
struct ECMAPattern {
    private var output = ""
    private let input: [Unicode.Scalar]
    private var index = 0
    private var isInClass = false

    private init(_ text: String) { input = Array(text.unicodeScalars) }

    static func translated(_ text: String) throws(PatternError) -> String {
        var pattern = ECMAPattern(text)
        while let scalar = pattern.next() { try pattern.read(scalar) }
        return pattern.output
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < input.count ? input[index + distance] : nil
    }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        index += 1
        return scalar
    }

    private func refused(_ reason: String) -> PatternError { PatternError(reason: reason, position: max(1, index)) }

    private mutating func read(_ scalar: Unicode.Scalar) throws(PatternError) {
        switch scalar {
        case "\\": try readEscape()
        case "]":
            isInClass = false
            output += "]"
        case "[" where isInClass: output += "\\["
        case "[":
            isInClass = true
            output += "["
            // PCRE2 too takes a `]` that comes first as the end of an empty class.
            if peek() == "^", let caret = next() { output.unicodeScalars.append(caret) }
        case ".": output += isInClass ? "." : "[^\\n\\r\\u2028\\u2029]"
        case "(" where !isInClass: try readGroup()
        default: output.unicodeScalars.append(scalar)
        }
    }

    private mutating func readGroup() throws(PatternError) {
        output += "("
        if peek() == "*" { throw refused("'*' follows nothing that it can repeat") }
        guard peek() == "?" else { return }
        let kind = input[index...].dropFirst().prefix { $0 != ":" }
        let isKnown =
            switch peek(1) {
            case ":", "=", "!": true
            case "<":
                peek(2).map { $0 == "=" || $0 == "!" || $0 == "_" || $0 == "$" || $0.properties.isAlphabetic } ?? false
            default:
                !kind.isEmpty && kind.endIndex < input.count && kind.allSatisfy { "ims-".unicodeScalars.contains($0) }
            }
        guard isKnown else { throw refused("'(?' begins no group that ECMAScript knows") }
    }

    private mutating func readEscape() throws(PatternError) {
        guard let scalar = next() else { throw refused("a '\\' ends the pattern") }
        switch scalar {
        case "s": output += isInClass ? "\\p{Xps}\\uFEFF" : "[\\p{Xps}\\uFEFF]"
        case "S": output += isInClass ? "\\P{Xps}" : "[^\\p{Xps}\\uFEFF]"
        case "v": output += "\\x0b"
        case "p", "P": try readProperty(scalar)
        case "u": readUnit()
        case _ where "bBcdDfknrtwWx".unicodeScalars.contains(scalar): output += "\\\(scalar)"
        case "a"..."z", "A"..."Z": throw refused("'\\\(scalar)' is no escape of ECMAScript")
        default: output += "\\\(scalar)"
        }
    }

    /// Reads what follows `\u`: two halves of a pair, as in JSON, are one character.
    private mutating func readUnit() {
        guard let high = unit(at: index), high & 0xfc00 == 0xd800, peek(4) == "\\", peek(5) == "u",
            let low = unit(at: index + 6), low & 0xfc00 == 0xdc00,
            let scalar = Unicode.Scalar(0x1_0000 + (high & 0x3ff) << 10 + low & 0x3ff)
        else {
            output += "\\u"
            return
        }
        output.unicodeScalars.append(scalar)
        index += 10
    }

    private func unit(at start: Int) -> UInt32? {
        guard start + 4 <= input.count else { return nil }
        return UInt32(String(String.UnicodeScalarView(input[start..<start + 4])), radix: 16)
    }

    /// Reads what follows `\p` or `\P`. PCRE2 knows categories by their short names only.
    private mutating func readProperty(_ kind: Unicode.Scalar) throws(PatternError) {
        let inside = input[index...].dropFirst().prefix { $0 != "}" }
        guard peek() == "{", inside.endIndex < input.count else {
            throw refused("'\\\(kind)' needs a property, such as \\\(kind){L}")
        }
        index = inside.endIndex + 1
        let parts = String(String.UnicodeScalarView(inside)).split(separator: "=", omittingEmptySubsequences: false)
        let name = parts.last.map { Self.categories[String($0)] ?? String($0) } ?? ""
        output += "\\\(kind){\(name)}"
    }

    /// The short names of categories.
    private static let categories: [String: String] = {
        let list = """
            Letter L Cased_Letter LC Lowercase_Letter Ll Uppercase_Letter Lu Titlecase_Letter Lt Modifier_Letter Lm \
            Other_Letter Lo Mark M Nonspacing_Mark Mn Spacing_Mark Mc Enclosing_Mark Me Number N Decimal_Number Nd \
            digit Nd Letter_Number Nl Other_Number No Punctuation P punct P Connector_Punctuation Pc \
            Dash_Punctuation Pd Open_Punctuation Ps Close_Punctuation Pe Initial_Punctuation Pi \
            Final_Punctuation Pf Other_Punctuation Po Symbol S Math_Symbol Sm Currency_Symbol Sc \
            Modifier_Symbol Sk Other_Symbol So Separator Z Space_Separator Zs Line_Separator Zl \
            Paragraph_Separator Zp Other C Control Cc cntrl Cc Format Cf Surrogate Cs Private_Use Co Unassigned Cn
            """.split(separator: " ").map(String.init)
        let pairs = stride(from: 0, to: list.count - 1, by: 2).map { (list[$0], list[$0 + 1]) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }()
}
