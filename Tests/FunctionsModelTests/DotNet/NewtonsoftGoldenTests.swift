import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct NewtonsoftGoldenTests {
    @Test(arguments: ["jtoken", "jobject", "deserialize", "output", "answer", "admin"])
    func `each way of reading takes and refuses the same texts as Newtonsoft, and reads the same`(
        _ column: String
    ) throws {
        try Golden.compare("dotnet/newtonsoft", key: { "\(column) of \($0["in"]?.string ?? "")" }) { row in
            let text = row["in"]?.string ?? ""
            guard let wanted = row[column] else { return nil }
            let wantedText = wanted["err"] == nil ? wanted.text : "refused"
            let found = (try? Self.read(text, column))?.text ?? "refused"
            return found == wantedText ? nil : "\(found), not \(wantedText)"
        }
    }

    /// The row's member; throws if the text is refused.
    private static func read(_ text: String, _ column: String) throws -> JSONTree {
        switch column {
        case "jtoken": return string(try NewtonsoftValue(json: text, as: .parser).json())
        case "jobject":
            guard try JSONTree.newtonsoft(text.utf8Span.span.bytes).members != nil else { throw Refused() }
            // The file's values are those of an object that is parsed from a text, after comments.
            var reader = NewtonsoftReader(text.utf8, zone: .utc)
            _ = try reader.readContent()
            return string(try reader.content(.parsed).json())
        case "deserialize":
            let value = try NewtonsoftValue(json: text, as: .serializer)
            return value == .null ? null : string(value.json())
        case "output":
            let object = try NewtonsoftObject("{\"Outputs\":{\"v\":\(text)}}", .answer, zone: .utc)
            let value = object?["Outputs"]?.members?.first { $0.name == "v" }?.value ?? .undefined
            return record([("type", string(value.dotNetType)), ("json", string(value.json()))])
        case "answer":
            guard let object = try NewtonsoftObject(text, .answer, zone: .utc) else { return null }
            return record([
                ("outputs", object["Outputs"].map { string($0.json()) }),
                ("logs", try object["Logs"].map { try JSONTree.parse($0.json().utf8Span.span.bytes) }),
                ("returnValue", object["ReturnValue"].map { string($0.json()) }),
            ])
        default:
            guard let object = try NewtonsoftObject(text, .run, zone: .utc) else { return null }
            return record([("input", object["input"]?.string.map(string) ?? null)])
        }
    }

    private struct Refused: Error {}

    private static let null = JSONTree(.null, line: 1)
    private static func string(_ text: String) -> JSONTree { JSONTree(.string(text), line: 1) }
    private static func record(_ members: [(String, JSONTree?)]) -> JSONTree {
        JSONTree(.object(members.compactMap { name, tree in tree.map { .init(name: name, tree: $0) } }), line: 1)
    }
}

extension NewtonsoftValue {
    /// The name of the .NET type of a value in an answer.
    var dotNetType: String {
        switch self {
        case .null, .undefined: "null"
        case .boolean: "Boolean"
        case .integer: "Int64"
        case .bigInteger: "BigInteger"
        case .double: "Double"
        case .string, .bytes: "String"
        case .date: "DateTime"
        case .array: "JArray"
        case .object: "JObject"
        case .constructor: "JConstructor"
        case .comment: "JValue"
        }
    }
}
