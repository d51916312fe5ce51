import FunctionsModel
import JSON

/// The members of an answer (host-contract §9.1, §9.2).
struct AnswerPayload {
    /// The member `Outputs`; nil if there is none, which differs from an empty one.
    let outputs: [NewtonsoftValue.Member]?
    let logs: [String]
    let returnValue: NewtonsoftValue

    /// Returns nil if the host reports nothing back, so that the invocation hangs.
    init?(_ answer: Answer, _ warnings: inout [AnswerWarning]) throws(AnswerFailure) {
        guard 200..<300 ~= answer.status else { throw .status(answer.status) }
        if answer.body.isEmpty {
            warnings.append(.hangs("empty"))
            return nil
        }
        guard let tree = try Self.tree(MediaType(answer.contentType), answer.body, &warnings) else { return nil }
        if let name = tree.repeatedName { warnings.append(.repeatedName(name)) }
        outputs = try Self.outputs(tree.member(anyCase: "Outputs"))
        logs = try Self.logs(tree.member(anyCase: "Logs"))
        returnValue = try tree.member(anyCase: "ReturnValue").map(Self.value) ?? .null
        for member in tree.members ?? [] where !["outputs", "logs", "returnvalue"].contains(member.name.lowercased()) {
            warnings.append(.ignoredMember(member.name))
        }
    }

    /// The object in the body; nil if the host does not treat the body as an answer.
    private static func tree(
        _ type: MediaType, _ body: [UInt8], _ warnings: inout [AnswerWarning]
    ) throws(AnswerFailure) -> JSONTree? {
        guard type.isJSON else { throw .contentType(type.name) }
        guard let text = type.text(of: body) else {
            throw .kind("the answer", "bytes that are not text", wanted: "JSON in UTF-8")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            warnings.append(.hangs("empty"))
            return nil
        }
        let (tree, rest) = try firstValue(text)
        switch tree.value {
        case .object:
            if !rest.isEmpty { warnings.append(.ignoredText(rest)) }
            return tree
        case .null: warnings.append(.hangs("null"))
        case .string(""): warnings.append(.hangs("\"\""))
        default: throw .kind("the answer", try value(tree).kind, wanted: "a JSON object")
        }
        return nil
    }

    /// Reads one value. The host stops at its end, so text after it is not an error.
    private static func firstValue(_ text: String) throws(AnswerFailure) -> (JSONTree, rest: String) {
        do throws(JSONError) {
            return (try JSONTree.parse(text.utf8Span.span.bytes), "")
        } catch .syntax(.trailing, let line, let column) {
            let bytes = Array(text.utf8)
            let start = bytes.split(separator: 0x0a, maxSplits: line - 1, omittingEmptySubsequences: false)[line - 1]
            let end = start.startIndex + column - 1
            let (tree, _) = try firstValue(String(decoding: bytes[..<end], as: UTF8.self))
            return (tree, String(decoding: bytes[end...], as: UTF8.self))
        } catch {
            throw .json(error)
        }
    }

    private static func value(_ tree: JSONTree) throws(AnswerFailure) -> NewtonsoftValue {
        do throws(NewtonsoftError) {
            return try NewtonsoftValue(tree, as: .serializer)
        } catch {
            switch error {
            case .json(let error): throw .json(error)
            case .date(let error): throw .date(error)
            }
        }
    }

    private static func outputs(_ tree: JSONTree?) throws(AnswerFailure) -> [NewtonsoftValue.Member]? {
        guard let tree else { return nil }
        switch try value(tree) {
        case .null, .string(""): return nil
        case .object(let members): return members
        case let other: throw .kind("\"Outputs\"", other.kind, wanted: "an object")
        }
    }

    /// Numbers and booleans become their texts; dates stay unchanged here.
    private static func logs(_ tree: JSONTree?) throws(AnswerFailure) -> [String] {
        guard let tree else { return [] }
        switch tree.value {
        case .null, .string(""): return []
        case .array(let elements):
            return try elements.map { element throws(AnswerFailure) in
                switch element.value {
                case .string(let text): return text
                case .null: return "[null]"
                case .boolean, .integer, .double: return try value(element).json()
                case .array, .object:
                    throw .kind("a line of \"Logs\"", try value(element).kind, wanted: "a text")
                }
            }
        default: throw .kind("\"Logs\"", try value(tree).kind, wanted: "an array of strings")
        }
    }
}

extension JSONTree {
    /// The first name that occurs twice in one object.
    fileprivate var repeatedName: String? {
        switch value {
        case .array(let elements): return elements.lazy.compactMap(\.repeatedName).first
        case .object(let members):
            var names: Set<String> = []
            for member in members where !names.insert(member.name).inserted { return member.name }
            return members.lazy.compactMap(\.tree.repeatedName).first
        default: return nil
        }
    }
}
