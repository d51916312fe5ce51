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
        let count = try countOutputs(returned)
        guard count > 0 || returned.value != nil && isAnsweredByName else { return false }
        writer.append(raw: "\"Outputs\":{")
        let hasAnswer = count > 0 ? try appendMembers(of: returned.outputs) : false
        // The caller of an HTTP function must not get what was returned for another output. If `Outputs` has no http
        // output, the host answers 200 with the body "{}", and without `Outputs` with the return value (host-contract
        // §9.7, §9.8).
        if !hasAnswer, isAnsweredByName, let http = function.httpOutput {
            if count > 0 { writer.append(raw: ",") }
            writer.append(raw: http.memberStart)
            writer.append(raw: "{\"statusCode\":204}")
        }
        writer.append(raw: "}")
        return true
    }

    /// Whether the caller's response is a named output.
    private var isAnsweredByName: Bool { function.httpOutput.map { $0.name != "$return" } ?? false }

    /// Appends the named outputs in the table at `index`. Returns whether one of them is the http output.
    private mutating func appendMembers(of index: Int?) throws(OutputError) -> Bool {
        guard let index else { return false }
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
        return answered
    }

    /// The number of outputs in the handler's result.
    func countOutputs(_ returned: Returned) throws(OutputError) -> Int {
        guard let index = returned.outputs else { return 0 }
        if let count = returned.outputCount { return count }
        return try countOutputs(at: index)
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
            let all = names.filter { !isOutput($0) && $0 != "$return" }
            throw unknown == "$return"
                ? .lost(.output("$return"), "the host overwrites it; put the value into ReturnValue")
                : .unknownOutput(
                    all, allowed: function.outputs.map(\.name).filter { $0 != "$return" }, hint: nil)
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
