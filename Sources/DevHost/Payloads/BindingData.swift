import JSON

/// The data of a trigger's event, from which `Metadata` is made, and to which binding expressions refer.
typealias BindingData = CaselessDictionary<BindingValue>

extension BindingData {
    /// Copies the members of a text that holds a JSON object, except lists and nulls; they replace existing ones
    /// (host-contract §6.3). Any other text has no members, which is no error.
    mutating func setMembers(of text: String) {
        guard let members = JSONTree.object(in: text) else { return }
        for member in members {
            switch member.tree.value {
            case .object: set(member.name, .json(member.tree.value.withDates))
            case let value:
                if let text = DotNetText.scalar(value) { set(member.name, .text(text)) }
            }
        }
    }

    /// The text of `name`, `Query.tag` or `sys.randguid`, ignoring case; nil for a missing value, and for one without a
    /// text: an object, a list, bytes, a date-time.
    func text(at path: String) -> String? {
        let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard case .json(var value) = self[names[0]] else { return nil }
        for name in names.dropFirst() {
            guard let member = JSONTree(value, line: 1).member(anyCase: name) else { return nil }
            value = member.value
        }
        if case .string(let text) = value { return text }
        return DotNetText.scalar(value)
    }
}

extension JSONTree {
    /// Nil for a text that is not JSON, which counts as a plain text wherever a user's text is read.
    static func read(_ text: String) -> JSONTree? { try? parse(text.utf8Span.span.bytes) }

    /// The members of a text that the host takes for a JSON object.
    static func object(in text: String) -> [Member]? {
        // With a comment before or after it, the host takes it for a plain text.
        guard text.utf8.first(where: { !isSpace($0) }) == UInt8(ascii: "{"),
            text.utf8.last(where: { !isSpace($0) }) == UInt8(ascii: "}")
        else { return nil }
        return read(text)?.members
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
}

extension JSONTree.Value {
    /// The value with date-times as Newtonsoft.Json writes them after reading.
    fileprivate var withDates: JSONTree.Value {
        switch self {
        case .string(let text): .string(DotNetDateTime(json: text)?.isoText ?? text)
        case .array(let elements): .list(elements.map(\.value.withDates))
        case .object(let members): .record(members.map { ($0.name, $0.tree.value.withDates) })
        default: self
        }
    }
}
