/// A JSON value as the host holds it. Newtonsoft has turned some texts into dates, and the base64 guess others into
/// bytes.
package indirect enum NewtonsoftValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// An element that was left out, as in `[1,,2]`, or the word.
    case undefined
    case integer(Int64)
    /// The digits of an integer beyond `Int64`.
    case bigInteger(String)
    case double(Double)
    case string(String)
    case date(DotNetDateTime, of: String)
    /// The bytes of a base64 text.
    case bytes([UInt8], of: String)
    case array([NewtonsoftValue])
    case object([Member])
    /// `new Name(…)`
    case constructor(String, [NewtonsoftValue])
    /// A comment that Newtonsoft keeps as an element.
    case comment(String)

    package struct Member: Sendable, Equatable {
        package let name: String
        package var value: NewtonsoftValue
    }

    /// Makes an object that was not read from a text.
    package static func record(_ members: [(name: String, value: NewtonsoftValue)]) -> NewtonsoftValue {
        .object(members.map { Member(name: $0.name, value: $0.value) })
    }
}

extension NewtonsoftValue {
    package var boolean: Bool? { if case .boolean(let truth) = self { truth } else { nil } }
    /// The string; nil also for a text that became a date or bytes.
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var elements: [NewtonsoftValue]? { if case .array(let elements) = self { elements } else { nil } }
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// `JObject.GetValue` with `OrdinalIgnoreCase`: the member with this exact name, else the first one with the name in
    /// another case.
    package func member(anyCase name: String) -> NewtonsoftValue? {
        let members = members ?? []
        let wanted = name.caseless
        return (members.first { $0.name == name } ?? members.first { $0.name.caseless == wanted })?.value
    }

    /// The name of the value's kind in a sentence.
    package var kind: String {
        switch self {
        case .null, .undefined: "null"
        case .boolean: "a boolean"
        case .integer, .bigInteger, .double: "a number"
        case .string, .bytes: "a string"
        case .date: "a date"
        case .array: "an array"
        case .object: "an object"
        case .constructor: "a constructor"
        case .comment: "a comment"
        }
    }
}
