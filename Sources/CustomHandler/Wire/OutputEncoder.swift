import FunctionsModel
import JSON
import Lua

/// Writes a handler's result as the response payload, in a form that the host does not change (host-contract §9).
struct OutputEncoder {
    let function: Function
    let metatables: Metatables
    let stack: LuaStack
    let writer: JSONWriter
    /// The body of the http output, once the function that writes it has run.
    var streamed: [UInt8]?
    /// The function or coroutine that produces the body of the http output. If it is set, it must run before the
    /// payload is complete.
    var unwritten: LuaReference?
    /// What the author should know about a response that is sent nevertheless.
    var warning: String?

    /// Appends the whole payload for the value at `index`. [0]
    mutating func append(at index: Int, logs: [String]) throws(OutputError) {
        let level = stack.count
        defer { stack.setCount(level) }
        let returned = try interpret(index)
        var logs = logs
        if let list = returned.logs { logs += try texts(at: list) }
        writer.append(raw: "{")
        var separator: StaticString = ""
        if try appendOutputs(returned) { separator = "," }
        if let value = returned.value {
            writer.append(raw: separator)
            separator = ","
            writer.append(raw: "\"ReturnValue\":")
            try appendReturnValue(at: value)
        }
        if !logs.isEmpty {
            writer.append(raw: separator)
            writer.append(raw: "\"Logs\":")
            writer.append(list: logs)
        }
        writer.append(raw: "}")
    }

    // MARK: What the handler meant

    /// The stack indexes of the payload's parts. Several of them may be the index of the returned value itself.
    struct Returned {
        /// A table of output names and values.
        var outputs: Int?
        /// The value of the one output binding.
        var single: (Binding, Int)?
        var value: Int?
        var logs: Int?
    }

    func interpret(_ index: Int) throws(OutputError) -> Returned {
        switch stack.type(at: index) {
        case .nil, .none: return Returned()
        case .string, .number, .boolean: return try interpretScalar(index)
        case .table:
            if metatables.isBytes(at: index, of: stack) { return try interpretScalar(index) }
            if stack.hasMetatable(at: index, metatables.httpResponse) { return try interpretResponse(index) }
            stack.expandDeferred(at: index)
            return try interpretTable(index)
        case _ where stack.isNull(at: index): return Returned()
        case let type:
            throw .returned("a \(type.name) value", hint: "return nil, text, a number, a boolean or a table")
        }
    }

    private func interpretScalar(_ index: Int) throws(OutputError) -> Returned {
        if function.returnOutput != nil { return Returned(value: index) }
        if function.outputs.isEmpty {
            // If no http output is declared, the host turns the value into a response (host-contract §9.7).
            if function.isHTTP { return Returned(value: index) }
            throw .returned("a value", hint: "function.json declares no output binding to take it")
        }
        guard function.outputs.count == 1, let output = function.outputs.first else {
            let names = function.outputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw .returned("a single value", hint: "function.json has several outputs; return a table with \(names)")
        }
        return Returned(single: (output, index))
    }

    private func interpretResponse(_ index: Int) throws(OutputError) -> Returned {
        guard let output = function.httpOutput else {
            throw .returned("an HTTP response", hint: "function.json has no output binding of type 'http'")
        }
        return output.name == "$return" ? Returned(value: index) : Returned(single: (output, index))
    }

    private func interpretTable(_ index: Int) throws(OutputError) -> Returned {
        let level = stack.count
        let parts = interpretEnvelope(index)
        let known = max(3, function.namedOutputs.count)
        let keys = stack.countPairs(at: index, upTo: known + 1)
        if (level + 1...level + 3).count(where: { !stack.isNil(at: $0) }) == keys { return parts }
        stack.setCount(level)
        if countOutputs(of: index) == keys { return Returned(outputs: index) }
        if function.returnOutput != nil { return Returned(value: index) }
        guard let names = memberNames(at: index) else {
            let example =
                function.httpOutput != nil
                ? "{ body = { … } }" : "{ \(function.outputs.first?.name ?? "name") = { … } }"
            throw .returned("a list", hint: "say which output it is for: return \(example)")
        }
        // The table is a response without the output's name.
        if let http = function.httpOutput, names.allSatisfy({ responseMembers.contains($0) }) {
            return Returned(single: (http, index))
        }
        // A table that has any member of a response is meant to be a response.
        if function.httpOutput != nil, names.contains(where: isLikeResponseMember),
            let odd = names.first(where: { !responseMembers.contains($0) && !isOutput($0) && !envelope.contains($0) })
        {
            throw .unknownMember(odd, of: "an HTTP response", allowed: responseMembers)
        }
        let mixed = names.contains { envelope.contains($0) }
        let unknown = names.first { !envelope.contains($0) && (mixed || !isOutput($0)) } ?? ""
        throw mixed
            ? .unknownMember(unknown, of: "a response payload", allowed: envelope)
            : .unknownOutput(unknown, allowed: function.outputs.map(\.name), isHTTP: function.httpOutput != nil)
    }

    private func isLikeResponseMember(_ name: String) -> Bool {
        responseMembers.contains { $0.lowercased() == name.lowercased() }
    }

    /// The number of the table's members that are named outputs.
    private func countOutputs(of index: Int) -> Int {
        metatables.names.bindings.count { name in
            defer { stack.pop() }
            return stack.pushField(name, of: index) != .nil
        }
    }

    /// The table's keys in alphabetical order, for an error message, limited to a readable number. nil if a key is not
    /// a string.
    private func memberNames(at index: Int) -> [String]? {
        var names: [String] = []
        var areTexts = true
        stack.forEachPair(at: index) { () throws(Never) in
            guard stack.type(at: -2) == .string else { return areTexts = false }
            if names.count < Self.mostNames, let name = stack.messageText(at: -2) { names.append(name) }
        }
        return areTexts ? names.sorted() : nil
    }

    private static let mostNames = 1000

    /// Reads the fields of an envelope and leaves them on the stack for the caller to remove. [+3]
    private func interpretEnvelope(_ index: Int) -> Returned {
        func field(_ name: LuaReference) -> Int? {
            let type = stack.pushField(name, of: index)
            return type == .nil || stack.isNull(at: -1) ? nil : stack.count
        }
        let names = metatables.names
        return Returned(outputs: field(names.outputs), value: field(names.returnValue), logs: field(names.logs))
    }

    private func isOutput(_ name: String) -> Bool {
        name != "$return" && function.outputs.contains { $0.name == name }
    }

    private var envelope: [String] { ["Outputs", "ReturnValue", "Logs"] }

    func texts(at index: Int) throws(OutputError) -> [String] {
        guard stack.type(at: index) == .table else { throw .logs }
        stack.expandDeferred(at: index)
        var texts: [String] = []
        let count = stack.length(at: index)
        var pairs = 0
        stack.forEachPair(at: index) { () throws(Never) in pairs += 1 }
        guard pairs == count else { throw .logs }
        var room = InvocationLog.byteLimit
        for position in 0..<count {
            stack.pushElement(position + 1, of: index)
            defer { stack.pop() }
            guard let text = stack.string(at: -1) else { throw .logs }
            guard text.utf8.count < room else {
                texts.append("further lines are left out; an invocation keeps at most 256 KB")
                break
            }
            room -= text.utf8.count + 1
            texts += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        return texts
    }

    // MARK: Outputs

    /// Appends the member `Outputs`. Returns false if there is nothing to write.
    private mutating func appendOutputs(_ returned: Returned) throws(OutputError) -> Bool {
        if let (output, index) = returned.single {
            writer.append(raw: "\"Outputs\":{")
            writer.append(raw: output.memberStart)
            try appendOutput(output, at: index, place: .output(output.name))
            writer.append(raw: "}")
            return true
        }
        guard let index = returned.outputs, try countOutputs(at: index) > 0 else { return false }
        writer.append(raw: "\"Outputs\":{")
        var answered = false
        var separator: StaticString = ""
        for (position, output) in function.namedOutputs.enumerated() {
            defer { stack.pop() }
            guard stack.pushField(metatables.names.bindings[position], of: index) != .nil else { continue }
            writer.append(raw: separator)
            separator = ","
            writer.append(raw: output.memberStart)
            try appendOutput(output, at: stack.count, place: .output(output.name))
            if output.isHTTPOutput { answered = true }
        }
        // If the http output is missing in `Outputs`, the host answers 200 with the body "{}" (host-contract §9.8).
        if let http = function.httpOutput, http.name != "$return", !answered {
            writer.append(raw: ",")
            writer.append(raw: http.memberStart)
            writer.append(raw: "{\"statusCode\":204}")
        }
        writer.append(raw: "}")
        return true
    }

    /// The number of members of `Outputs`, all of which must be outputs.
    func countOutputs(at index: Int) throws(OutputError) -> Int {
        guard stack.type(at: index) == .table else {
            throw .notATable("Outputs", got: stack.type(at: index).name)
        }
        stack.expandDeferred(at: index)
        let outputs = countOutputs(of: index)
        if stack.countPairs(at: index, upTo: outputs + 1) == outputs { return outputs }
        guard let names = memberNames(at: index) else { throw .notATable("Outputs", got: "a list") }
        if let unknown = names.first(where: { !isOutput($0) }) {
            throw unknown == "$return"
                ? .lost(.output("$return"), "the host overwrites it; put the value into ReturnValue")
                : .unknownOutput(
                    unknown, allowed: function.outputs.map(\.name).filter { $0 != "$return" }, isHTTP: false)
        }
        return names.count
    }

    private mutating func appendReturnValue(at index: Int) throws(OutputError) {
        try checkReturnValue(at: index)
        if let output = function.returnOutput {
            return try appendOutput(output, at: index, place: .returnValue)
        }
        try appendBody(at: index, place: .returnValue)
    }

    func checkReturnValue(at index: Int) throws(OutputError) {
        if function.returnOutput != nil { return }
        guard function.isHTTP, function.httpOutput == nil, stack.type(at: index) != .table else {
            let names = function.outputs.map { "Outputs.\($0.name)" }.joined(separator: ", ")
            throw .lost(
                .returnValue,
                "function.json has no output binding named '$return'"
                    + (names.isEmpty ? "" : "; use \(names)"))
        }
    }

    private mutating func appendOutput(_ output: Binding, at index: Int, place: Place) throws(OutputError) {
        if output.output == .http { return try appendResponse(at: index, place: place) }
        let encoder = ValueEncoder(
            kind: output.output, isBinary: output.isBinary, type: output.writtenType, place: place,
            metatables: metatables,
            stack: stack,
            writer: writer)
        try encoder.append(at: index)
    }
}
