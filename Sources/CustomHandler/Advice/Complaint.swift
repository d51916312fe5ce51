/// One of the messages with which Lua reports a value of the wrong type, such as
/// `attempt to index a nil value (global 'json')`.
struct Complaint: Equatable {
    /// What the code tried, such as `index`, `call` or `concatenate`.
    let attempt: String
    /// The value's type.
    let type: String
    /// How the value is named: `global`, `local`, `upvalue`, `field`, `method` or `constant`.
    let kind: String
    let name: String

    /// Reads the complaint at the end of a line. nil if there is none.
    init?(_ line: Substring) {
        let line = line.suffix(Self.longest)
        guard line.hasSuffix("')"), let start = line.index(of: "attempt to ") else { return nil }
        let words = line[start...].dropLast(2)
        guard let open = words.index(of: " ("), let quote = words.firstIndex(of: "'"), open < quote else { return nil }
        let sentence = words[..<open].split(separator: " ")
        // In "attempt to perform arithmetic on a nil value", the type is the word before the last, too.
        guard sentence.count >= 5, sentence.last == "value" else { return nil }
        attempt = String(sentence[2])
        type = String(sentence[sentence.count - 2])
        kind = String(words[words.index(open, offsetBy: 2)..<quote].filter { $0 != " " })
        name = String(words[words.index(after: quote)...])
    }

    /// The length of a line's end in which a complaint is looked for.
    private static let longest = 300
}

extension Substring {
    /// The beginning of the first occurrence of a text; nil if there is none.
    func index(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
