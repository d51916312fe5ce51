/// The texts that .NET and Newtonsoft make from values.
extension NewtonsoftValue {
    /// `ToString()`: `True`, a date in .NET's notation, indented JSON (host-contract §9.4; golden/dotnet/dates and
    /// doubles, `text`).
    package var text: String {
        switch self {
        case .null, .undefined: ""
        case .boolean(let truth): truth ? "True" : "False"
        case .integer(let number): String(number)
        case .double(let number): number.dotNetText
        case .string(let text), .comment(let text), .bigInteger(let text): text
        case .date(let date, _): date.cultureText
        case .bytes: "System.Byte[]"
        case .array, .object, .constructor: json(indented: true)
        }
    }

    /// JSON as Newtonsoft writes it: on one line or indented by two, raw UTF-8, with only the necessary escapes
    /// (golden/dotnet/doubles, `json`; dates, `serialized`).
    ///
    /// `JSONWriter` differs: it escapes the delete character, leaves U+0085, U+2028 and U+2029 unescaped, and writes
    /// doubles as Swift does.
    package func json(indented: Bool = false) -> String {
        String(decoding: jsonBytes(indented: indented), as: UTF8.self)
    }

    package func jsonBytes(indented: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, lineBreak: indented ? "\n" : nil)
        return bytes
    }

    /// - Parameter lineBreak: A line feed and the indentation of this value; nil for all on one line.
    private func append(to bytes: inout [UInt8], lineBreak: String?) {
        switch self {
        case .null: bytes += "null".utf8
        case .undefined: bytes += "undefined".utf8
        case .comment(let text): bytes += "/*\(text)*/".utf8
        case .bigInteger(let digits): bytes += digits.utf8
        case .boolean(let truth): bytes += (truth ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .double(let number):
            let text = number.dotNetText
            guard number.isFinite else { return Self.append(quoted: text, to: &bytes) }
            bytes += text.utf8
            if !text.utf8.contains(where: { ".E".utf8.contains($0) }) { bytes += ".0".utf8 }
        case .string(let text), .bytes(_, of: let text): Self.append(quoted: text, to: &bytes)
        case .date(let date, _): Self.append(quoted: date.isoText, to: &bytes)
        case .array(let elements):
            Self.append(elements, between: "[", "]", to: &bytes, lineBreak) { $0.append(to: &$1, lineBreak: $2) }
        case .constructor(let name, let arguments):
            bytes += "new \(name)".utf8
            Self.append(arguments, between: "(", ")", to: &bytes, lineBreak) { $0.append(to: &$1, lineBreak: $2) }
        case .object(let members):
            Self.append(members, between: "{", "}", to: &bytes, lineBreak) { member, bytes, inner in
                Self.append(quoted: member.name, to: &bytes)
                bytes += (inner == nil ? ":" : ": ").utf8
                member.value.append(to: &bytes, lineBreak: inner)
            }
        }
    }

    private static func append<Element>(
        _ elements: [Element], between opening: Unicode.Scalar, _ closing: Unicode.Scalar, to bytes: inout [UInt8],
        _ lineBreak: String?, _ appendElement: (Element, inout [UInt8], _ lineBreak: String?) -> Void
    ) {
        let inner = lineBreak.map { $0 + "  " }
        bytes.append(UInt8(ascii: opening))
        var isFirst = true
        for element in elements {
            // Newtonsoft writes no comma before a comment, and it counts as no element.
            let isComment = if case NewtonsoftValue.comment? = element as? NewtonsoftValue { true } else { false }
            if !isFirst, !isComment { bytes.append(UInt8(ascii: ",")) }
            if let inner { bytes += inner.utf8 }
            appendElement(element, &bytes, inner)
            isFirst = isFirst && isComment
        }
        if let lineBreak, !isFirst { bytes += lineBreak.utf8 }
        bytes.append(UInt8(ascii: closing))
    }

    /// Newtonsoft also escapes Unicode's line breaks, and otherwise only what JSON requires.
    private static func append(quoted text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += #"\""#.utf8
            case "\\": bytes += #"\\"#.utf8
            case "\u{8}": bytes += #"\b"#.utf8
            case "\t": bytes += #"\t"#.utf8
            case "\n": bytes += #"\n"#.utf8
            case "\u{c}": bytes += #"\f"#.utf8
            case "\r": bytes += #"\r"#.utf8
            case "\0"..."\u{1f}", "\u{85}", "\u{2028}", "\u{2029}":
                bytes += (#"\u"# + scalar.value.padded(4, radix: 16)).utf8
            default: bytes.append(contentsOf: scalar.utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
