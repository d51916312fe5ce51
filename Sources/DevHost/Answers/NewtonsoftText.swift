/// The texts that .NET and Newtonsoft make from values.
extension NewtonsoftValue {
    /// The result of `ToString()`: `True`, a date in .NET's notation, indented JSON.
    var text: String {
        switch self {
        case .null: ""
        case .boolean(let truth): truth ? "True" : "False"
        case .integer(let number): String(number)
        case .double(let number): number.dotNetText
        case .string(let text): text
        case .date(let date): date.text
        case .bytes: "System.Byte[]"
        case .array, .object: json(indented: true)
        }
    }

    func json(indented: Bool = false) -> String {
        var text = ""
        append(to: &text, lineBreak: indented ? "\n" : nil)
        return text
    }

    /// - Parameter lineBreak: a line feed and the indentation of this value; nil for all on one line.
    private func append(to text: inout String, lineBreak: String?) {
        switch self {
        case .null: text += "null"
        case .boolean(let truth): text += truth ? "true" : "false"
        case .integer(let number): text += String(number)
        case .double(let number):
            let digits = number.dotNetText
            text += digits.contains { $0 == "." || $0 == "E" } ? digits : digits + ".0"
        case .string(let string), .bytes(_, of: let string): text.append(quoted: string)
        case .date(let date): text.append(quoted: date.iso)
        case .array(let elements):
            text += "["
            let inner = lineBreak.map { $0 + "  " }
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? "," : "") + (inner ?? "")
                element.append(to: &text, lineBreak: inner)
            }
            text += (elements.isEmpty ? "" : lineBreak ?? "") + "]"
        case .object(let members):
            text += "{"
            let inner = lineBreak.map { $0 + "  " }
            for (index, member) in members.enumerated() {
                text += (index > 0 ? "," : "") + (inner ?? "")
                text.append(quoted: member.name)
                text += inner == nil ? ":" : ": "
                member.value.append(to: &text, lineBreak: inner)
            }
            text += (members.isEmpty ? "" : lineBreak ?? "") + "}"
        }
    }
}

extension Double {
    /// The shortest text that reads as this number: digits up to 1E+14, beyond that and below 0.0001 an exponent.
    fileprivate var dotNetText: String {
        let parts = magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0].drop { $0 == "0" }
        var digits = (whole + (mantissa.count > 1 ? mantissa[1] : ""))[...]
        // The number is 0.digits times ten to this power.
        var power = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.last == "0" { digits.removeLast() }
        while digits.first == "0" {
            digits.removeFirst()
            power -= 1
        }
        let sign = self.sign == .minus ? "-" : ""
        if digits.isEmpty { return sign + "0" }
        if power > Swift.max(digits.count, 15) || power < -3 {
            let exponent = String((power - 1).magnitude)
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + fraction + (power > 0 ? "E+" : "E-")
                + (exponent.count < 2 ? "0" : "") + exponent
        }
        if power <= 0 { return sign + "0." + String(repeating: "0", count: -power) + digits }
        let zeros = String(repeating: "0", count: Swift.max(0, power - digits.count))
        let fraction = digits.count > power ? "." + digits.dropFirst(power) : ""
        return sign + digits.prefix(power) + zeros + fraction
    }
}

extension String {
    /// Newtonsoft also escapes Unicode's line breaks, and otherwise only what JSON requires.
    fileprivate mutating func append(quoted string: String) {
        self += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\u{8}": self += "\\b"
            case "\u{c}": self += "\\f"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case "\0"..."\u{1f}", "\u{85}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: unicodeScalars.append(scalar)
            }
        }
        self += "\""
    }
}
