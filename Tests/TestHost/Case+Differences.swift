public import DevHost
import FunctionsModel
import JSON
public import TestSupport

extension Case {
    /// All differences between what arrives through the host and what is expected, for an answer of the handler.
    public func differences(status: Int, contentType: String, body: [UInt8]) throws -> [String] {
        let delivery = try AnswerDecoder(functionJSON: functionJSON)
            .decode(Answer(status: status, contentType: contentType, body: body))
        var arrived = Arrival()
        arrived.hangs = delivery.hangs
        arrived.failure = delivery.failure.map { [$0, delivery.detail].compactMap(\.self).joined(separator: "\n") }
        arrived.warnings = delivery.warnings
        arrived.logs = delivery.logs
        arrived.http = delivery.http.map { Response(status: $0.status, headers: $0.headers, body: $0.body) }
        arrived.outputs = delivery.outputs.map { ($0.name, $0.messages) }
        return differences(arrived, answer: body)
    }
}

extension AnswerDecoder {
    /// Makes the host for the function that a function.json describes.
    public init(functionJSON: [UInt8]) throws {
        let bindings = try JSONTree.newtonsoft(functionJSON.span.bytes)["bindings"]?.elements ?? []
        func text(_ key: String, _ tree: JSONTree) -> String? { tree.member(anyCase: key)?.string }
        let outputs = bindings.filter { text("direction", $0) == "out" }.map {
            OutputBinding(name: text("name", $0) ?? "", type: text("type", $0) ?? "", dataType: text("dataType", $0))
        }
        self.init(outputs: outputs, isHTTP: bindings.contains { text("type", $0)?.lowercased() == "httptrigger" })
    }
}
