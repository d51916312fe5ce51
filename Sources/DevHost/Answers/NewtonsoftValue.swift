import JSON

/// A JSON value as the host holds it: Newtonsoft has turned some texts into dates, and the base64 guess others into
/// bytes.
indirect enum NewtonsoftValue: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case date(NewtonsoftDate)
    /// The bytes of a base64 text.
    case bytes([UInt8], of: String)
    case array([NewtonsoftValue])
    case object([Member])

    struct Member: Sendable {
        let name: String
        var value: NewtonsoftValue
    }

    init(_ tree: JSONTree) {
        self =
            switch tree.value {
            case .null: .null
            case .boolean(let truth): .boolean(truth)
            case .integer(let number): .integer(number)
            case .double(let number): .double(number)
            case .string(let text): NewtonsoftDate(text).map { .date($0) } ?? .string(text)
            case .array(let elements): .array(elements.map(NewtonsoftValue.init))
            case .object(let members): .object(Self.distinct(members))
            }
    }

    /// Reads a JSON text with nothing after it.
    init(json text: String) throws(JSONError) {
        self.init(try JSONTree.parse(text.utf8Span.span.bytes))
    }

    /// If two members share a name, the last value counts, at the first one's place.
    private static func distinct(_ members: [JSONTree.Member]) -> [Member] {
        var places: [String: Int] = [:]
        var result: [Member] = []
        for member in members {
            let value = NewtonsoftValue(member.tree)
            if let place = places[member.name] {
                result[place].value = value
            } else {
                places[member.name] = result.count
                result.append(Member(name: member.name, value: value))
            }
        }
        return result
    }

    var boolean: Bool? { if case .boolean(let truth) = self { truth } else { nil } }
    var date: NewtonsoftDate? { if case .date(let date) = self { date } else { nil } }
    var elements: [NewtonsoftValue]? { if case .array(let elements) = self { elements } else { nil } }
    var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    var isNull: Bool { if case .null = self { true } else { false } }

    /// The member with this exact name, else the first one with the name in another case.
    func member(anyCase name: String) -> NewtonsoftValue? {
        let members = members ?? []
        let wanted = name.lowercased()
        return (members.first { $0.name == name } ?? members.first { $0.name.lowercased() == wanted })?.value
    }

    /// The first date inside an array or object whose written form differs from what was read.
    var rewrittenDate: NewtonsoftDate? {
        switch self {
        case .array(let elements): elements.lazy.compactMap(\.rewrittenInside).first
        case .object(let members): members.lazy.compactMap(\.value.rewrittenInside).first
        default: nil
        }
    }

    private var rewrittenInside: NewtonsoftDate? {
        guard let date else { return rewrittenDate }
        return date.iso == date.source ? nil : date
    }

    /// Its name in a sentence.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .double: "a number"
        case .string, .bytes: "a text"
        case .date: "a date"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
