package import DevHost
package import FunctionsModel
import JSON

/// The result of one run in the forms that people and programs read.
package struct RunReport: Sendable {
    package let function: Function
    package let result: RunResult
    package let logs: [String]
    /// The lines of the script around the place that failed.
    package let excerpt: String?

    package var failed: Bool { result.failure != nil }

    // MARK: For programs

    /// The response payload, in which texts stand for the base64 that the host decodes; for a caller's own request its
    /// response.
    package var json: String {
        guard isPayload else { return (http.map(Self.object) ?? .null).json() }
        let answer = result.answer.flatMap { Self.tree($0.body) }
        let outputs = function.bindings.filter { $0.isOutput && $0.name != "$return" }
        let values = outputs.compactMap { binding -> (name: String, value: NewtonsoftValue)? in
            if binding.isHTTPOutput { return http.map { (binding.name, Self.object($0)) } }
            let value = answer?.member("Outputs")?.member(binding.name)
            return value.map { (binding.name, Self.decoded($0, for: binding)) }
        }
        let binding = function.bindings.first { $0.isOutput && $0.name == "$return" }
        let returned: NewtonsoftValue =
            if let binding, binding.isHTTPOutput {
                http.map(Self.object) ?? .null
            } else {
                Self.returnValue(of: function, result) ?? .null
            }
        return NewtonsoftValue.record([
            ("Outputs", .record(values)), ("Logs", .array(logs.map { .string($0) })), ("ReturnValue", returned),
        ]).json()
    }

    /// Why the run failed; nil if it did not.
    package var errorJSON: String? {
        result.failure.map { failure in
            let traceback = failure.traceback.map { NewtonsoftValue.string($0) }
            return NewtonsoftValue.record([
                (
                    "error",
                    .record([
                        ("message", .string(failure.message)), ("kind", .string(failure.kind.rawValue)),
                        ("traceback", .array(traceback)),
                    ])
                )
            ]).json()
        }
    }

    /// What reaches the services behind the outputs and the caller.
    package var effectsJSON: String {
        var members: [(name: String, value: NewtonsoftValue)] = [
            ("status", .string(failed ? "failed" : "succeeded")),
            (
                "outputs",
                .record(
                    result.outputs.map { output in
                        let messages = output.messages.map { Self.record($0, text: "text") }
                        return (
                            output.name, .record([("type", .string(output.type)), ("messages", .array(messages))])
                        )
                    })
            ),
            ("warnings", .array(result.warnings.map { .string($0) })),
        ]
        if let caller { members.append(("http", Self.object(caller))) }
        if let failure = result.failure { members.append(("failure", .string(failure.message))) }
        return NewtonsoftValue.record(members).json()
    }

    /// What the function has returned for `$return`, with texts as the host decodes them; nil if there is none, or if
    /// it is an HTTP response.
    static func returnValue(of function: Function, _ result: RunResult) -> NewtonsoftValue? {
        guard !result.isOfCaller, let answer = result.answer,
            let binding = function.bindings.first(where: { $0.isOutput && $0.name == "$return" }),
            !binding.isHTTPOutput
        else { return nil }
        return tree(answer.body)?.member("ReturnValue").map { decoded($0, for: binding) }
    }

    private var isPayload: Bool { !result.isOfCaller }

    private static func tree(_ bytes: [UInt8]) -> NewtonsoftValue? {
        String(validating: bytes, as: UTF8.self).flatMap { try? NewtonsoftValue(json: $0, as: .parser, zone: nil) }
    }

    private static func decoded(_ value: NewtonsoftValue, for binding: Binding) -> NewtonsoftValue {
        guard case .string(let text) = value, [.blob, .messages].contains(binding.output),
            let bytes = Base64.decode(text),
            let decoded = String(validating: bytes, as: UTF8.self)
        else { return value }
        return .string(decoded)
    }

    private static func object(_ http: HTTPResult) -> NewtonsoftValue {
        guard case .object(let body) = record(http.body, text: "body") else { return .null }
        var headers: CaselessDictionary<[NewtonsoftValue]> = [:]
        for (name, value) in http.headers { headers[name, default: []].append(.string(value)) }
        return .record(
            [
                ("statusCode", .integer(Int64(http.status))),
                // Only a header that comes more than once is a list.
                (
                    "headers",
                    .record(headers.entries.map { ($0.name, $0.value.count == 1 ? $0.value[0] : .array($0.value)) })
                ),
            ] + body.map { ($0.name, $0.value) })
    }

    private static func record(_ bytes: [UInt8], text name: String) -> NewtonsoftValue {
        if let text = String(validating: bytes, as: UTF8.self) { return .record([(name, .string(text))]) }
        var base64: [UInt8] = []
        Base64.encode(bytes.span.bytes, .plain, into: &base64)
        return .record([("base64", .string(String(decoding: base64, as: UTF8.self)))])
    }

    // MARK: For people

    /// The response that the function made; nil for another trigger, and if it failed.
    package var http: HTTPResult? { result.http }

    /// The response that the caller gets; nil for another trigger.
    package var caller: HTTPResult? {
        guard function.isHTTP else { return nil }
        return failed || result.unsendable != nil ? HTTPResult(status: 500) : result.http
    }

    /// Bytes as people read them: text as it is, anything else in hexadecimal.
    package static func shown(_ bytes: [UInt8]) -> String {
        let isBinary = bytes.contains { $0 < 0x20 && !(0x09...0x0d ~= $0) || $0 == 0x7f }
        return (isBinary ? nil : String(validating: bytes, as: UTF8.self)) ?? dump(bytes)
    }

    /// The same, but JSON is indented.
    package static func readable(_ bytes: [UInt8]) -> String {
        let text = shown(bytes)
        guard let first = text.utf8.first(where: { $0 > 0x20 }), "{[".utf8.contains(first),
            let value = try? NewtonsoftValue(json: text, as: .parser, zone: nil)
        else { return text }
        return value.json(indented: true)
    }

    /// Bytes in hexadecimal, sixteen on a line, and as text.
    static func dump(_ bytes: [UInt8], limit: Int = 1024) -> String {
        var lines: [String] = []
        for start in stride(from: 0, to: min(bytes.count, limit), by: 16) {
            let piece = bytes[start..<min(start + 16, bytes.count)]
            let digits = piece.map { $0.padded(2, radix: 16) }.joined(separator: " ")
            let text = String(decoding: piece.map { 0x20..<0x7f ~= $0 ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            lines.append(
                start.padded(8, radix: 16) + "  " + digits + String(repeating: " ", count: 48 - digits.utf8.count)
                    + text)
        }
        if bytes.count > limit { lines.append("… \(bytes.count - limit) more bytes") }
        return lines.joined(separator: "\n")
    }
}

extension NewtonsoftValue {
    /// The member with exactly this name.
    fileprivate func member(_ name: String) -> NewtonsoftValue? { members?.last { $0.name == name }?.value }
}
