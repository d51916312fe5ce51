public import Foundation
import Lua

/// A small model of the Functions host's own decoding of an answer, written from host-contract §9 alone. It says what
/// arrives at the other end of each output, spoiled as the host spoils it.
public struct HostModel {
    public struct Output: Sendable {
        let name: String
        let type: String
        let dataType: String?
    }

    /// What the caller of an HTTP trigger sees.
    public struct HTTPResult: Equatable, Sendable {
        public var status: Int
        public var headers: [String: String] = [:]
        public var body: Data
    }

    /// Everything an answer leads to.
    public struct Delivery: Sendable {
        public var failure: String?
        public var messages: [String: [Data]] = [:]
        public var http: HTTPResult?
        public var logs: [String] = []
    }

    struct Failure: Error { let reason: String }

    let outputs: [Output]
    let isHTTP: Bool

    public init(functionJSON: [UInt8]) throws {
        let bindings = try JSONTree.parse(functionJSON.span.bytes)["bindings"]?.elements ?? []
        func text(_ key: String, _ tree: JSONTree) -> String? { tree.member(anyCase: key)?.string }
        outputs = bindings.filter { text("direction", $0) == "out" }.map {
            Output(
                name: text("name", $0) ?? "", type: text("type", $0)?.lowercased() ?? "",
                dataType: text("dataType", $0)?.lowercased())
        }
        isHTTP = bindings.contains { text("type", $0)?.lowercased() == "httptrigger" }
    }

    public func receive(status: Int, contentType: String, body: [UInt8]) -> Delivery {
        var delivery = Delivery()
        do {
            guard (200..<300).contains(status) else { throw Failure(reason: "status \(status)") }
            let type = contentType.prefix { $0 != ";" }
            guard type == "application/json" || type == "text/json" else {
                throw Failure(reason: String(decoding: body, as: UTF8.self))
            }
            let tree = try JSONTree.parse(body.span.bytes)
            guard tree.members != nil else { throw Failure(reason: "hangs: the answer is no object") }
            try deliver(tree, &delivery)
        } catch let failure as Failure {
            delivery.failure = failure.reason
        } catch {
            delivery.failure = "invalid JSON: \(error)"
        }
        return delivery
    }

    // MARK: §9.2

    private func deliver(_ tree: JSONTree, _ delivery: inout Delivery) throws {
        if let logs = tree.member(anyCase: "Logs") {
            guard let elements = logs.elements else { throw Failure(reason: "Logs is no array") }
            delivery.logs = try elements.map { element in
                guard let text = element.string else { throw Failure(reason: "Logs holds something else than text") }
                return text
            }
        }
        let returnValue = tree.member(anyCase: "ReturnValue")
        var values: [String: JSONTree] = [:]
        var hasOutputs = false
        switch tree.member(anyCase: "Outputs")?.value {
        case .object(let members):
            hasOutputs = true
            for member in members { values[member.name] = member.tree }
        case nil, .null: break
        default: throw Failure(reason: "Outputs is no object")
        }
        for output in outputs where output.name == "$return" {
            let value = Value(returnValue ?? JSONTree(.null, line: 1))
            if output.type == "http" {
                delivery.http = try returnedResponse(value, output)
            } else {
                try deliver(value, to: output, &delivery)
            }
        }
        for output in outputs where output.name != "$return" {
            if output.type == "http" {
                delivery.http =
                    try hasOutputs
                    ? values[output.name].map { try namedResponse(Value($0)) }
                        ?? HTTPResult(status: 200, body: Data("{}".utf8))
                    : HTTPResult(status: 204, body: Data())
            } else if let value = values[output.name] {
                try deliver(Value(value), to: output, &delivery)
            }
        }
        if isHTTP, delivery.http == nil {
            let text = returnValue.map { plainText(Value($0)) } ?? ""
            delivery.http = HTTPResult(status: text.isEmpty ? 204 : 200, body: Data(text.utf8))
        }
    }

    // MARK: §9.3

    /// A JSON value after Newtonsoft read it: texts that are date-times have become dates.
    indirect enum Value {
        case null
        case boolean(Bool)
        case integer(Int64)
        case double(Double)
        case string(String)
        case date(String)
        case array([Value])
        case object([(String, Value)])

        init(_ tree: JSONTree) {
            switch tree.value {
            case .null: self = .null
            case .boolean(let truth): self = .boolean(truth)
            case .integer(let number): self = .integer(number)
            case .double(let number): self = .double(number)
            case .string(let text):
                let shape = #/\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/#
                self = text.wholeMatch(of: shape) != nil ? .date(text) : .string(text)
            case .array(let elements): self = .array(elements.map(Value.init))
            case .object(let members): self = .object(members.map { ($0.name, Value($0.tree)) })
            }
        }

        /// As JSON text; a date loses the zeros at the end of its fraction.
        var json: String {
            switch self {
            case .null: return "null"
            case .boolean(let truth): return truth ? "true" : "false"
            case .integer(let number): return String(number)
            case .double(let number): return "\(number)"
            case .string(let text): return JSONTree(.string(text), line: 1).text
            case .date(let text):
                let kept = text.replacing(#/\.0+(?=Z|[+-]|$)/#, with: "").replacing(#/(\.\d*[1-9])0+/#) { $0.1 }
                return "\"\(kept)\""
            case .array(let elements): return "[" + elements.map(\.json).joined(separator: ",") + "]"
            case .object(let members):
                return "{" + members.map { "\(JSONTree(.string($0), line: 1).text):\($1.json)" }.joined(separator: ",")
                    + "}"
            }
        }
    }

    /// .NET's `Convert.FromBase64String`; nil where it throws.
    static func base64(_ text: String) -> Data? {
        let plain = text.filter { !" \t\r\n".contains($0) }
        guard plain.utf8.count % 4 == 0 else { return nil }
        return Data(base64Encoded: plain)
    }

    private func plainText(_ value: Value) -> String {
        switch value {
        case .string(let text): text
        case .date(let text): "a rewritten date (\(text))"
        case .boolean(let truth): truth ? "True" : "False"
        case .null: ""
        default: value.json
        }
    }

    // MARK: §9.4

    private func deliver(_ value: Value, to output: Output, _ delivery: inout Delivery) throws {
        if case .null = value { return }
        if case .string(let text) = value, output.dataType != "binary", let bytes = Self.base64(text) {
            let takesBytes = ["blob", "queue", "eventhub"].contains(output.type)
            delivery.messages[output.name] = [takesBytes ? bytes : Data("System.Byte[]".utf8)]
            return
        }
        delivery.messages[output.name] =
            output.type == "blob" ? [try blob(value)] : try collected(value, output).map { Data($0.utf8) }
    }

    private func blob(_ value: Value) throws -> Data {
        switch value {
        case .string(let text): return Data(text.utf8)
        case .integer(let number): return withUnsafeBytes(of: Int32(truncatingIfNeeded: number)) { Data($0) }
        case .boolean(let truth): return Data([truth ? 1 : 0])
        case .double(let number): return withUnsafeBytes(of: number) { Data($0) }
        case .date: throw Failure(reason: "a date cannot be written to a blob")
        default: return Data(value.json.utf8)
        }
    }

    private func collected(_ value: Value, _ output: Output) throws -> [String] {
        let takesDocuments = output.type == "cosmosdb" || output.type == "table"
        switch value {
        case .array(let elements): return elements.map { plainText($0) }
        case .string(let text) where text.first == "[" && text.last == "]":
            return try parse(text).elements?.map { plainText(Value($0)) } ?? []
        case .string(let text) where text.first == "{" && text.last == "}":
            return ["re-indented " + Value(try parse(text)).json]
        case .object: return [value.json]
        default:
            if takesDocuments { throw Failure(reason: "\(output.type) takes no text") }
            return [plainText(value)]
        }
    }

    private func parse(_ text: String) throws -> JSONTree {
        do {
            return try JSONTree.parse(text.utf8Span.span.bytes)
        } catch {
            throw Failure(reason: "the text looks like JSON but is not")
        }
    }

    // MARK: §9.5

    private func namedResponse(_ value: Value) throws -> HTTPResult {
        guard case .object(let members) = value else {
            throw Failure(reason: "Failed while trying to Deserialize to httpOutputBindingResponse")
        }
        return try response(members, statusNames: ["statuscode"])
    }

    private func response(_ members: [(String, Value)], statusNames: [String]) throws -> HTTPResult {
        func member(_ name: String) -> Value? { members.last { $0.0.lowercased() == name }?.1 }
        var result = HTTPResult(status: 200, body: Data())
        switch statusNames.lazy.compactMap(member).first {
        case .integer(let number): result.status = Int(number)
        case .string(let text): result.status = Int(text) ?? 200
        case .object, .array: throw Failure(reason: "the status is an object")
        default: break
        }
        result.headers["content-type"] = "text/plain; charset=utf-8"
        if let headers = member("headers") {
            guard case .object(let fields) = headers else { throw Failure(reason: "headers is no object") }
            for (name, field) in fields
            where result.headers[name.lowercased()] == nil || name.lowercased() == "content-type" {
                switch field {
                case .null, .array, .object: throw Failure(reason: "header \(name) is no text")
                default:
                    let text = plainText(field).trimmingCharacters(in: .whitespaces)
                    result.headers[name.lowercased()] = text == "application/json" ? text + "; charset=utf-8" : text
                }
            }
        }
        if let body = member("body") {
            result.body = Data(plainText(body).utf8)
        }
        if [204, 304].contains(result.status), !result.body.isEmpty {
            throw Failure(reason: "a body with no room for it")
        }
        return result
    }

    // MARK: §9.6

    private func returnedResponse(_ value: Value, _ output: Output) throws -> HTTPResult {
        switch value {
        case .null: return HTTPResult(status: 204, body: Data())
        case .string(let text):
            if output.dataType != "binary", let bytes = Self.base64(text) {
                return HTTPResult(status: 200, body: bytes)
            }
            if let tree = try? parse(text) { return try returnedResponse(Value(tree), output) }
            return HTTPResult(
                status: 200, headers: ["content-type": "text/plain; charset=utf-8"], body: Data(text.utf8))
        case .object(let members) where members.contains(where: { $0.0.lowercased() == "body" }):
            return try response(members, statusNames: ["statuscode", "status"])
        default: return HTTPResult(status: 200, body: Data(plainText(value).utf8))
        }
    }
}
