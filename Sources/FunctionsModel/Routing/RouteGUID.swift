/// Accepts the GUID forms of .NET's `Guid.TryParse`, with white space around them.
enum RouteGUID {
    static func accepts(_ text: Span<UInt8>) -> Bool {
        let text = text.extracting(RouteNumber.trimmed(text))
        guard let first = text.isEmpty ? nil : text[0] else { return false }
        switch (first, text[text.count - 1], text.count) {
        case (UInt8(ascii: "{"), UInt8(ascii: "}"), 38), (UInt8(ascii: "("), UInt8(ascii: ")"), 38):
            return isHyphenated(text.extracting(1..<37))
        case (UInt8(ascii: "{"), _, _): return isNested(text)
        case (_, _, 36): return isHyphenated(text)
        case (_, _, 32): return isHexadecimal(text, 0..<32)
        default: return false
        }
    }

    /// Whether the text has the form 8-4-4-4-12.
    private static func isHyphenated(_ text: Span<UInt8>) -> Bool {
        for index in [8, 13, 18, 23] where text[index] != UInt8(ascii: "-") { return false }
        return isHexadecimal(text, 0..<8) && isHexadecimal(text, 9..<13) && isHexadecimal(text, 14..<18)
            && isHexadecimal(text, 19..<23) && isHexadecimal(text, 24..<36)
    }

    /// Whether the text has the form `{0x…,0x…,0x…,{0x…,…}}`: numbers of up to 8, 4 and 4 digits, then eight numbers of
    /// up to 2 digits. Spaces may stand anywhere.
    private static func isNested(_ text: Span<UInt8>) -> Bool {
        var bytes: [UInt8] = []
        for index in text.indices where text[index] != 0x20 { bytes.append(OrdinalCase.lowered(text[index])) }
        let open = UInt8(ascii: "{")
        let close = UInt8(ascii: "}")
        guard bytes.count > 4, bytes[0] == open, bytes.suffix(2) == [close, close] else { return false }
        var groups = bytes.dropFirst().dropLast(2).split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard groups.count == 11, groups[3].first == open else { return false }
        groups[3] = groups[3].dropFirst()
        return zip(groups, [8, 4, 4] + Array(repeating: 2, count: 8)).allSatisfy { group, most in
            let digits = group.dropFirst(2)
            return group.starts(with: Array("0x".utf8)) && (1...most).contains(digits.count)
                && digits.allSatisfy(isHexadecimal)
        }
    }

    private static func isHexadecimal(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range where !isHexadecimal(text[index]) { return false }
        return true
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }
}
