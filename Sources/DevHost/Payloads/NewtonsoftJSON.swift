import JSON

/// Writes JSON as Newtonsoft.Json does by default: compact, raw UTF-8, with only the necessary escapes.
///
/// `JSONWriter` differs: it escapes the delete character, leaves U+0085, U+2028 and U+2029 unescaped, and writes
/// doubles as Swift does.
enum NewtonsoftJSON {
    static func bytes(_ value: JSONTree.Value) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    static func text(_ value: JSONTree.Value) -> String { String(decoding: bytes(value), as: UTF8.self) }

    private static func append(_ value: JSONTree.Value, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes += "null".utf8
        case .boolean(let truth): bytes += (truth ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .double(let number):
            let text = DotNetText.number(number)
            bytes += text.utf8
            if !text.utf8.contains(where: { ".E".utf8.contains($0) }) { bytes += ".0".utf8 }
        case .string(let text): append(quoted: text, to: &bytes)
        case .array(let elements):
            appendList(elements, between: "[", "]", to: &bytes) { append($0.value, to: &$1) }
        case .object(let members):
            appendList(members, between: "{", "}", to: &bytes) { member, bytes in
                append(quoted: member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.tree.value, to: &bytes)
            }
        }
    }

    private static func appendList<Element>(
        _ elements: [Element], between opening: Unicode.Scalar, _ closing: Unicode.Scalar, to bytes: inout [UInt8],
        _ appendElement: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: opening))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            appendElement(element, &bytes)
        }
        bytes.append(UInt8(ascii: closing))
    }

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
                let digits = String(scalar.value, radix: 16)
                bytes += (#"\u"# + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: bytes.append(contentsOf: scalar.utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONTree.Value {
    /// An object made here, from no text.
    static func record(_ members: [(name: String, value: JSONTree.Value)]) -> JSONTree.Value {
        .object(members.map { .init(name: $0.name, tree: JSONTree($0.value, line: 1)) })
    }

    static func list(_ elements: [JSONTree.Value]) -> JSONTree.Value { .array(elements.map { JSONTree($0, line: 1) }) }
}
