import FunctionsModel

/// The query of a URL, decoded as ASP.NET Core decodes it.
enum HTTPQuery {
    static func values(in url: String) -> CaselessDictionary<[String]> {
        var values: CaselessDictionary<[String]> = [:]
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return values }
        for field in url.utf8[mark...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = field.prefix { $0 != UInt8(ascii: "=") }
            values[decoded(name), default: []].append(decoded(field.dropFirst(name.count + 1)))
        }
        return values
    }

    /// Decodes a text. A `%` that is not followed by two hexadecimal digits stays.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = code(rest.prefix(2)) {
                bytes.append(code)
                rest.removeFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func code(_ text: Substring.UTF8View) -> UInt8? {
        let digits = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return digits.count == 2 ? UInt8(digits[0] << 4 | digits[1]) : nil
    }
}
