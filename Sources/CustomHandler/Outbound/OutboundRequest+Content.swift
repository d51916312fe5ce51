import FunctionsModel
import HTTP1
import JSON
import Lua

/// Reads the headers and the body of a request.
extension OutboundRequest {
    mutating func readHeaders(at index: Int, of stack: LuaStack) throws(LuaError) {
        guard stack.type(at: index) == .table else { throw .message("\(caller): headers must be a table") }
        stack.expandDeferred(at: index)
        var fields = HTTPFields()
        // The size of all names, because a name with an empty list adds no field.
        var names = 0
        try stack.forEachPair(at: index) { () throws(LuaError) in
            names += stack.withBytes(at: -2) { $0.byteCount } ?? 0
            guard names <= Self.headLimit else { throw largeHead }
            guard let name = stack.string(at: -2) else { throw .message("\(caller): header names must be text") }
            guard HTTPFields.isValidName(name) else { throw .message("\(caller): '\(name)' is not a header name") }
            switch stack.type(at: -1) {
            case .string, .number, .boolean: try addValue(of: name, to: &fields, stack)
            case .table:
                stack.expandDeferred(at: -1)
                for position in 0..<stack.length(at: -1) {
                    stack.pushElement(position + 1, of: -1)
                    try addValue(of: name, to: &fields, stack)
                    stack.pop()
                }
            case let type: throw .message("\(caller): the header '\(name)' must be text, not \(type.name)")
            }
        }
        self.fields = fields
    }

    /// Adds the text, number or boolean on top. [0]
    private func addValue(of name: String, to fields: inout HTTPFields, _ stack: LuaStack) throws(LuaError) {
        let size = name.utf8.count + (stack.withBytes(at: -1) { $0.byteCount } ?? 0)
        guard fields.room + size <= Self.headLimit, fields.count < Self.fieldLimit else { throw largeHead }
        let value: [UInt8]
        switch stack.type(at: -1) {
        case .string: value = stack.bytes(at: -1) ?? []
        case .number: value = Array((stack.numberText(at: -1) ?? "").utf8)
        case .boolean: value = Array((stack.boolean(at: -1) ? "true" : "false").utf8)
        case let type: throw .message("\(caller): the header '\(name)' must be text, not \(type.name)")
        }
        guard HTTPFields.isValidValue(value) else {
            throw .message("\(caller): the header '\(name)' cannot contain line breaks or control characters")
        }
        fields.add(name, bytes: value)
    }

    private var largeHead: LuaError {
        .message(
            "\(caller): a request has at most \(Self.fieldLimit) headers, and \(ByteCount.text(Self.headLimit)) in all")
    }

    // MARK: Body

    mutating func readBody(at index: Int, of stack: LuaStack) throws(LuaError) {
        if stack.type(at: index) == .function { return body = .pieces(length: try takeLength()) }
        guard stack.type(at: index) == .table else {
            try stack.demand(stack.withBytes(at: index) { $0.byteCount } ?? 0)
            guard let bytes = stack.bytes(at: index) else {
                throw .message("\(caller): body must be text, a table, or a function that returns its pieces")
            }
            return body = .bytes(bytes)
        }
        let writer = JSONWriter(for: stack.owner)
        do throws(JSONError) {
            try writer.append(at: index, of: stack)
        } catch {
            if case .unwritable(.timeLimit, _) = error { throw .timeLimit }
            // The path in the error begins with a dot or a bracket.
            let reason = "\(error)"
            throw .message("\(caller): body\(reason.first == "." || reason.first == "[" ? "" : ": ")\(reason)")
        }
        try stack.demand(writer.count)
        body = .bytes(writer.bytes(from: 0))
        if !fields.contains("content-type") { fields.add("content-type", "application/json") }
    }

    /// Takes the length of a body in pieces from the script's own header. nil if there is none.
    private mutating func takeLength() throws(LuaError) -> Int? {
        let values = fields.values("content-length")
        guard let value = values.first else { return nil }
        guard values.count == 1, value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(value) else {
            throw .message("\(caller): the header 'content-length' must be the number of bytes of the body")
        }
        fields.remove("content-length")
        return length
    }
}
