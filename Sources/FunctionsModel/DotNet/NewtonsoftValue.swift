package import JSON

/// A JSON value as the host holds it. Newtonsoft has turned some texts into dates, and the base64 guess others into
/// bytes.
package indirect enum NewtonsoftValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case date(DotNetDateTime, of: String)
    /// The bytes of a base64 text.
    case bytes([UInt8], of: String)
    case array([NewtonsoftValue])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package let name: String
        package var value: NewtonsoftValue
    }

    /// The ways in which the host reads JSON, which differ.
    package enum Reader: Sendable {
        /// `JsonConvert.DeserializeObject`: handlers' answers, and a text in `$return`. If two members share a name, the
        /// last one counts, at its own place (golden/dotnet/newtonsoft, `deserialize` and `output`).
        case serializer
        /// `JToken.Parse` and `JObject.Parse`: texts in brackets. The last one counts, at the first one's place
        /// (golden/dotnet/newtonsoft, `jtoken` and `jobject`).
        case parser
        /// Newtonsoft does not read these texts: no string becomes a date.
        case verbatim
    }

    package init(_ tree: JSONTree, as reader: Reader) throws(NewtonsoftError) {
        switch tree.value {
        case .null: self = .null
        case .boolean(let truth): self = .boolean(truth)
        case .integer(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .string(let text): self = try Self.text(text, reader)
        case .array(let elements):
            self = .array(
                try elements.map { element throws(NewtonsoftError) in try NewtonsoftValue(element, as: reader) })
        case .object(let members): self = .object(try Self.distinct(members, reader))
        }
    }

    /// Reads a JSON text with nothing after it.
    package init(json text: String, as reader: Reader) throws(NewtonsoftError) {
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree.parse(text.utf8Span.span.bytes)
        } catch {
            throw .json(error)
        }
        try self.init(tree, as: reader)
    }

    private static func text(_ text: String, _ reader: Reader) throws(NewtonsoftError) -> NewtonsoftValue {
        if case .verbatim = reader { return .string(text) }
        do throws(DateTimeOutOfRange) {
            return try DotNetDateTime(newtonsoft: text).map { .date($0, of: text) } ?? .string(text)
        } catch {
            throw .date(error)
        }
    }

    private static func distinct(
        _ members: [JSONTree.Member], _ reader: Reader
    ) throws(NewtonsoftError) -> [Member] {
        var places: [String: Int] = [:]
        var result: [Member?] = []
        for member in members {
            let read = Member(name: member.name, value: try NewtonsoftValue(member.tree, as: reader))
            if let place = places[member.name] {
                if case .serializer = reader {
                    result[place] = nil
                } else {
                    result[place] = read
                    continue
                }
            }
            places[member.name] = result.count
            result.append(read)
        }
        return result.compactMap { $0 }
    }

    /// Makes an object that was not read from a text.
    package static func record(_ members: [(name: String, value: NewtonsoftValue)]) -> NewtonsoftValue {
        .object(members.map { Member(name: $0.name, value: $0.value) })
    }
}

/// The reason why the host cannot read a JSON text.
package enum NewtonsoftError: Error {
    case json(JSONError)
    case date(DateTimeOutOfRange)
}

extension NewtonsoftError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .json(let error): "\(error)"
        case .date(let error): "\(error)"
        }
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
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .double: "a number"
        case .string, .bytes: "a string"
        case .date: "a date"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
