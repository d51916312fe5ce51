/// Reads numbers as .NET's `TryParse` does in the invariant culture.
enum RouteNumber {
    /// .NET's `NumberStyles.Integer`: white space around the number, one sign before it.
    static func integer(_ text: Span<UInt8>) -> Int64? {
        let text = text.extracting(trimmed(text))
        guard let first = byte(text, 0) else { return nil }
        let isNegative = first == minus
        var index = isNegative || first == plus ? 1 : 0
        guard index < text.count else { return nil }
        var value: Int64 = 0
        while index < text.count {
            guard isDigit(text[index]) else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(text[index] - zero)
            let (sum, carry) =
                isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        return value
    }

    static func isBool(_ text: Span<UInt8>) -> Bool {
        let text = text.extracting(trimmed(text))
        return equals(text, "true") || equals(text, "false")
    }

    /// .NET's `NumberStyles.Float` with thousands separators. A number that is too large becomes infinite, which .NET
    /// accepts.
    static func isFloat(_ text: Span<UInt8>) -> Bool {
        let text = text.extracting(trimmed(text))
        let start = byte(text, 0) == plus || byte(text, 0) == minus ? 1 : 0
        let symbol = text.extracting(start..<text.count)
        if equals(symbol, "infinity") || equals(symbol, "nan") { return true }
        guard var end = fixedPoint(text, from: start)?.end else { return false }
        if end < text.count, text[end] | 0x20 == UInt8(ascii: "e") {
            end += 1
            if byte(text, end) == plus || byte(text, end) == minus { end += 1 }
            let digits = end
            while end < text.count, isDigit(text[end]) { end += 1 }
            guard end > digits else { return false }
        }
        return end == text.count
    }

    /// .NET's `NumberStyles.Number`: thousands separators, and a sign before or after, but no exponent. The rounded
    /// number must fit 96 bits.
    static func isDecimal(_ text: Span<UInt8>) -> Bool {
        let text = text.extracting(trimmed(text))
        let hasSign = byte(text, 0) == plus || byte(text, 0) == minus
        guard let number = fixedPoint(text, from: hasSign ? 1 : 0) else { return false }
        var end = number.end
        if !hasSign {
            while byte(text, end).map(isSpace) == true { end += 1 }
            if byte(text, end) == plus || byte(text, end) == minus { end += 1 }
        }
        guard end == text.count else { return false }
        let largest = Array("79228162514264337593543950335".utf8)
        guard number.integer.count == largest.count else { return number.integer.count < largest.count }
        if number.integer == largest { return number.fraction < UInt8(ascii: "5") }
        return number.integer.lexicographicallyPrecedes(largest)
    }

    /// Reads at least one digit. Commas may stand anywhere between the first digit and the point. The result's integer
    /// part has no leading zeros; its fraction is only the first digit.
    private static func fixedPoint(
        _ text: Span<UInt8>, from start: Int
    ) -> (integer: [UInt8], fraction: UInt8, end: Int)? {
        var integer: [UInt8] = []
        var fraction = zero
        var hasDigits = false
        var end = start
        while end < text.count, isDigit(text[end]) || hasDigits && text[end] == UInt8(ascii: ",") {
            hasDigits = true
            if isDigit(text[end]), !integer.isEmpty || text[end] != zero { integer.append(text[end]) }
            end += 1
        }
        if byte(text, end) == UInt8(ascii: ".") {
            end += 1
            if let digit = byte(text, end), isDigit(digit) {
                fraction = digit
                hasDigits = true
            }
            while end < text.count, isDigit(text[end]) { end += 1 }
        }
        return hasDigits ? (integer, fraction, end) : nil
    }

    // MARK: Letters

    /// The range of the text without surrounding white space.
    static func trimmed(_ text: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = text.count
        while start < end, isSpace(text[start]) { start += 1 }
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        return start..<end
    }

    private static let zero = UInt8(ascii: "0")
    private static let plus = UInt8(ascii: "+")
    private static let minus = UInt8(ascii: "-")

    private static func byte(_ text: Span<UInt8>, _ index: Int) -> UInt8? { index < text.count ? text[index] : nil }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    /// - Parameter word: in lower case; the case of the text does not matter.
    private static func equals(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for index in text.indices where text[index] | 0x20 != word.utf8Start[index] { return false }
        return true
    }
}
