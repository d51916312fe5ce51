import JSON

/// The result of .NET's `ToString` in the invariant culture.
enum DotNetText {
    /// The shortest digits that read back as the same number, with an exponent from `1E+15` on and below `0.0001`.
    static func number(_ number: Double) -> String {
        let parts = "\(number.magnitude)".split(separator: "e")
        let whole = parts[0].prefix { $0 != "." }
        var digits = whole + parts[0].dropFirst(whole.count + 1)
        // The number is 0.DIGITS times ten to the power of `scale`.
        var scale = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.first == "0" {
            digits.removeFirst()
            scale -= 1
        }
        while digits.last == "0" { digits.removeLast() }
        let sign = number.sign == .minus ? "-" : ""
        if digits.isEmpty { return sign + "0" }
        if scale > max(digits.count, 15) || scale < -3 {
            let power = scale - 1
            let exponent = (power.magnitude < 10 ? "0" : "") + String(power.magnitude)
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + fraction + (power < 0 ? "E-" : "E+") + exponent
        }
        if scale <= 0 { return sign + "0." + String(repeating: "0", count: -scale) + digits }
        if scale >= digits.count { return sign + digits + String(repeating: "0", count: scale - digits.count) }
        return sign + digits.prefix(scale) + "." + digits.dropFirst(scale)
    }

    /// The text of a scalar that Newtonsoft.Json read; nil for null, a list and an object, which have none.
    static func scalar(_ value: JSONTree.Value) -> String? {
        switch value {
        case .string(let text): DotNetDateTime(json: text)?.cultureText ?? text
        case .integer(let number): String(number)
        case .double(let double): number(double)
        case .boolean(let truth): truth ? "True" : "False"
        case .null, .array, .object: nil
        }
    }
}
