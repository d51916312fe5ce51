import FunctionsModel
import Lua

/// Finds out what a handler meant by its result.
extension OutputEncoder {
    /// The stack indexes of the payload's parts. Several of them may be the index of the returned value itself.
    struct Returned {
        /// A table of output names and values, and how many outputs it has, if they were counted.
        var outputs: Int?
        var outputCount: Int?
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
        let known = max(3, function.outputs.count)
        let keys = stack.countPairs(at: index, upTo: known + 1)
        let envelopeKeys = (level + 1...level + 3).count(where: { !stack.isNil(at: $0) })
        if envelopeKeys == keys { return parts }
        stack.setCount(level)
        let outputs = countOutputs(of: index)
        if outputs == keys { return Returned(outputs: index, outputCount: keys) }
        if function.returnOutput != nil {
            return try interpretReturn(index, keys: keys, outputs: outputs, isMixed: envelopeKeys > 0)
        }
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
        let hint = function.httpOutput.map { http in
            names.contains(where: isOutput)
                ? "the HTTP response is \(http.name) = { body = … }" : "to send a table as JSON, return { body = … }"
        }
        throw unknownName(among: names, hint: hint)
    }

    private func unknownName(among names: [String], hint: String? = nil) -> OutputError {
        let mixed = names.contains { envelope.contains($0) }
        let unknown = names.filter { !envelope.contains($0) && (mixed || !isOutput($0)) }
        return mixed
            ? .unknownMember(unknown.first ?? "", of: "a response payload", allowed: envelope)
            : .unknownOutput(unknown, allowed: function.outputs.map(\.name), hint: hint)
    }

    /// Interprets a table of a function that has an output named `$return`. The table is the value of that output,
    /// unless it names outputs. A table that seems to be both is refused, because one of the two is a mistake. [+]
    ///
    /// - Parameters:
    ///   - keys: the number of the table's keys, as far as it matters.
    ///   - outputs: how many of them are named outputs.
    ///   - isMixed: whether some are members of a response payload.
    private func interpretReturn(
        _ index: Int, keys: Int, outputs: Int, isMixed: Bool
    ) throws(OutputError) -> Returned {
        let hasValue = stack.pushField("$return", of: index) != .nil
        if hasValue, outputs + 1 == keys {
            return Returned(outputs: index, outputCount: outputs, value: stack.count)
        }
        if hasValue || outputs > 0 || isMixed, let names = memberNames(at: index) {
            let others = names.filter { $0 != "$return" || isMixed }
            throw .ambiguous(unknownName(among: others).description)
        }
        if let http = function.httpOutput, http.name != "$return", countResponseMembers(of: index) == keys {
            throw .ambiguous("the table could be the HTTP response '\(http.name)'; for that, name it")
        }
        return Returned(value: index)
    }

    private func countResponseMembers(of index: Int) -> Int {
        metatables.names.responseMembers.count { name in
            defer { stack.pop() }
            return stack.pushField(name, of: index) != .nil
        }
    }

    private func isLikeResponseMember(_ name: String) -> Bool {
        responseMembers.contains { $0.lowercased() == name.lowercased() }
    }

    /// The number of the table's members that are named outputs.
    func countOutputs(of index: Int) -> Int {
        metatables.names.bindings.count { name in
            defer { stack.pop() }
            return stack.pushField(name, of: index) != .nil
        }
    }

    /// The table's keys in alphabetical order, for an error message, limited to a readable number. nil if a key is not
    /// a string.
    func memberNames(at index: Int) -> [String]? {
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

    func isOutput(_ name: String) -> Bool {
        name != "$return" && function.outputs.contains { $0.name == name }
    }

    private var envelope: [String] { ["Outputs", "ReturnValue", "Logs"] }
}
