package import FunctionsModel
import HTTP1

/// A caller's request as the host passed it to a handler.
///
/// A file holds it as an object: `wire`, `method`, `target`, `headers` as a list of pairs, and `body`, or `base64` for a
/// body that is not text.
package struct RecordedRequest: Sendable {
    package let wire: HTTPWire
    let request: RunResult.Request

    init(wire: HTTPWire, _ request: RunResult.Request) {
        self.wire = wire
        self.request = request
    }

    /// The file's content, without secrets.
    var file: [UInt8] {
        let body: (name: String, value: NewtonsoftValue) =
            String(validating: request.body, as: UTF8.self).map { ("body", .string($0)) }
            ?? ("base64", BindingValue.bytes(request.body).element)
        return NewtonsoftValue.record([
            ("wire", .string(Self.wires.first { $0.wire == wire }?.name ?? "forwarded")),
            ("method", .string(request.method.text)), ("target", .string(SecretMask.url(request.target))),
            (
                "headers",
                .array(SecretMask.fields(request.fields).map { .array([.string($0.name), .string($0.value)]) })
            ), body,
        ]).jsonBytes(indented: true)
    }

    /// Returns nil for an object that is no such request.
    init?(_ object: NewtonsoftValue) {
        func text(_ name: String) -> String? { object.members?.last { $0.name == name }?.value.string }
        guard let method = text("method"), let target = text("target") else { return nil }
        var fields = HTTPFields()
        for pair in object.member(anyCase: "headers")?.elements ?? [] {
            guard let name = pair.elements?.first?.string, let value = pair.elements?.last?.string else { return nil }
            fields.add(name, value)
        }
        let body = text("base64").map { Base64.decode($0) ?? [] } ?? Array((text("body") ?? "").utf8)
        self.init(
            wire: Self.wires.first { $0.name == text("wire") }?.wire ?? .forwarded,
            .init(method: HTTPMethod(method), target: target, fields: fields, body: body))
    }

    private static let wires: [(name: String, wire: HTTPWire)] = [
        ("forwarded", .forwarded), ("proxied", .proxied), ("named", .named),
    ]
}
