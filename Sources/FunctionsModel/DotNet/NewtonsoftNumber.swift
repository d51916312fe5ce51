/// Reads numbers as Newtonsoft does: `0x10` and `010` are integers in base 16 and 8, others are decimal.
enum NewtonsoftNumber {
    /// nil for a text that is not a number.
    static func read(_ text: String) -> NewtonsoftValue? {
        let utf8 = Array(text.utf8)
        if utf8.count > 1, utf8[0] == UInt8(ascii: "0"), !".eE".utf8.contains(utf8[1]) {
            let isHexadecimal = utf8[1] | 0x20 == UInt8(ascii: "x")
            let digits = text.dropFirst(isHexadecimal ? 2 : 1)
            guard !digits.utf8.contains(where: { "+-".utf8.contains($0) }) else { return nil }
            return UInt64(digits, radix: isHexadecimal ? 16 : 8).map { .integer(Int64(bitPattern: $0)) }
        }
        let digits = utf8.drop { $0 == UInt8(ascii: "-") }
        guard utf8.count - digits.count <= 1 else { return nil }
        guard digits.isEmpty || digits.contains(where: { $0 &- UInt8(ascii: "0") > 9 }) else {
            if digits.count <= 19, let number = Int64(text) { return .integer(number) }
            guard utf8.count <= 380 else { return nil }
            let significant = String(decoding: digits.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self)
            if significant.isEmpty { return .bigInteger("0") }
            return .bigInteger((digits.count < utf8.count ? "-" : "") + significant)
        }
        return double(utf8).map { .double($0) }
    }

    /// `Double.TryParse` with `NumberStyles.Float`, for texts without white space. A number that is too large is
    /// infinite.
    private static func double(_ text: [UInt8]) -> Double? {
        var rest = text[...]
        func digits() -> ArraySlice<UInt8> {
            let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
            rest = rest[digits.endIndex...]
            return digits
        }
        func skip(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        let isNegative = skip("-")
        let whole = digits()
        let fraction = skip(".") ? digits() : []
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        var exponent = ""
        if skip("eE") {
            let sign = rest.first == UInt8(ascii: "-") ? "-" : ""
            _ = skip("+-")
            let power = digits()
            guard !power.isEmpty else { return nil }
            exponent = "e" + sign + String(decoding: power, as: UTF8.self)
        }
        guard rest.isEmpty else { return nil }
        let number = [UInt8(ascii: "0")] + whole + [UInt8(ascii: ".")] + fraction + [UInt8(ascii: "0")]
        guard let value = Double(String(decoding: number, as: UTF8.self) + exponent) else { return nil }
        return isNegative ? -value : value
    }
}
