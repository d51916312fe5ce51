extension Double {
    /// `Double.ToString()` in the invariant culture: the shortest digits that read as this number, with an exponent from
    /// `1E+17` on and below `0.0001` (golden/dotnet/doubles, `text`; host-contract §9.4).
    var dotNetText: String {
        guard isFinite else { return isNaN ? "NaN" : sign == .minus ? "-Infinity" : "Infinity" }
        let parts = magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0].drop { $0 == "0" }
        var digits = (whole + (mantissa.count > 1 ? mantissa[1] : ""))[...]
        // The number is 0.DIGITS times ten to this power.
        var power = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.last == "0" { digits.removeLast() }
        while digits.first == "0" {
            digits.removeFirst()
            power -= 1
        }
        let sign = self.sign == .minus ? "-" : ""
        if digits.isEmpty { return sign + "0" }
        if power > 17 || power < -3 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + fraction + (power > 0 ? "E+" : "E-") + (power - 1).magnitude.padded(2)
        }
        if power <= 0 { return sign + "0." + String(repeating: "0", count: -power) + digits }
        let zeros = String(repeating: "0", count: Swift.max(0, power - digits.count))
        let fraction = digits.count > power ? "." + digits.dropFirst(power) : ""
        return sign + digits.prefix(power) + zeros + fraction
    }
}

extension StringProtocol {
    /// `String.Trim()`: the text without white space at both ends. A byte order mark is not white space.
    package var trimmed: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        let count = scalars.reversed().prefix { $0.properties.isWhitespace }.count
        return String(String.UnicodeScalarView(scalars.dropLast(count)))
    }

    /// `Utility.IsJson`: the host tries to read a text as JSON if it has JSON's brackets at both ends (host-contract
    /// §6.3, §9.4). A text with a comment before or after it is plain text.
    package var hasJSONBrackets: Bool {
        let scalars = unicodeScalars
        switch (scalars.first { !$0.properties.isWhitespace }, scalars.last { !$0.properties.isWhitespace }) {
        case ("{"?, "}"?), ("["?, "]"?): return true
        default: return false
        }
    }
}
