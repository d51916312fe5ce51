import HTTP1

/// Whether .NET's `MediaTypeHeaderValue` can read a Content-Type: `type/subtype`, then parameters, none of them empty.
enum MediaTypeSyntax {
    static func isValid(_ text: String) -> Bool {
        let parts = split(text[...]).map(trimmed)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(trimmed)
        return names.count == 2 && names.allSatisfy(isToken) && parts.dropFirst().allSatisfy(isParameter)
    }

    /// The parts between semicolons. A semicolon in a quoted text belongs to the text.
    private static func split(_ text: Substring) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        return text.split(omittingEmptySubsequences: false) { character in
            defer { isEscaped = isQuoted && character == "\\" && !isEscaped }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
    }

    private static func isParameter(_ text: Substring) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
        guard isToken(parts[0]) else { return false }
        guard let value = parts.dropFirst().first, !value.isEmpty else { return true }
        return isToken(value) || isQuoted(value)
    }

    private static func isQuoted(_ text: Substring) -> Bool {
        guard text.count > 1, text.first == "\"", text.last == "\"" else { return false }
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\"", !isEscaped { return false }
            isEscaped = character == "\\" && !isEscaped
        }
        return !isEscaped
    }

    private static func isToken(_ text: Substring) -> Bool { HTTPFields.isValidName(String(text)) }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.prefix(start.count - start.reversed().prefix { $0 == " " || $0 == "\t" }.count)
    }
}
