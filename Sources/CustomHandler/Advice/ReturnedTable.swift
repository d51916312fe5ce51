package import FunctionsModel
import Log
import Lua

/// A table that a handler returns, as its source shows it.
package struct ReturnedTable: Sendable {
    package struct Field: Sendable {
        package let name: String
        package let line: Int
        /// The value, if it is a table whose fields are all known.
        package let table: ReturnedTable?

        package init(name: String, line: Int, table: ReturnedTable?) {
            self.name = name
            self.line = line
            self.table = table
        }
    }

    package let line: Int
    package let fields: [Field]
    /// Whether all fields are there together, and not one or the other.
    package let isWhole: Bool

    package init(line: Int, fields: [Field], isWhole: Bool) {
        self.line = line
        self.fields = fields
        self.isWhole = isWhole
    }

    private subscript(_ name: String) -> Field? { fields.first { $0.name == name } }

    private var names: [String] { fields.map(\.name) }

    /// Why results cannot be sent, in the words of the invocations that would fail.
    package static func problems(
        of tables: [ReturnedTable], returnedBy function: Function, in files: AppFiles
    ) -> [Problem] {
        let unclear = tables.filter { !$0.isSurelyRight(function) }
        guard !unclear.isEmpty else { return [] }
        let pool = FunctionPool(
            function, files: files, timeLimit: Deadline.Limit(nil, .host), dismantle: { _ in })
        guard let vm = try? FunctionVM(pool: pool, options: InvocationOptions(logger: .silent)) else { return [] }
        return unclear.compactMap { $0.problem(of: function, vm) }
    }

    /// - Parameter vm: a VM of the function. It makes the table, with other values.
    private func problem(of function: Function, _ vm: FunctionVM) -> Problem? {
        guard isWhole else { return looseProblem(function) }
        let stack = vm.lua.stack
        let level = stack.count
        defer { stack.setCount(level) }
        push(onto: stack)
        let encoder = OutputEncoder(
            function: function, metatables: vm.metatables, stack: stack, writer: vm.lua.writer)
        do throws(OutputError) {
            let returned = try encoder.interpret(level + 1)
            _ = try encoder.countOutputs(returned)
            if let value = returned.value { try encoder.checkReturnValue(at: value) }
            try checkResponses(function, returned)
            return nil
        } catch {
            return problem(error, function)
        }
    }

    /// Where the fields do not stand together, each alone must have a meaning.
    private func looseProblem(_ function: Function) -> Problem? {
        guard function.returnOutput == nil else { return nil }
        let known =
            function.namedOutputs.map(\.name) + ["Outputs", "ReturnValue", "Logs", "$return"]
            + (function.httpOutput == nil ? [] : responseMembers)
        let unknown = fields.map(\.name).filter { !known.contains($0) }
        guard !unknown.isEmpty else { return nil }
        return problem(
            .unknownOutput(unknown, allowed: function.namedOutputs.map(\.name), hint: nil), function)
    }

    /// Whether it is clear without a VM that nothing is wrong, as with most results.
    private func isSurelyRight(_ function: Function) -> Bool {
        let outputs = Set(function.namedOutputs.map(\.name))
        if let http = function.httpOutput {
            let isResponse = fields.allSatisfy { responseMembers.contains($0.name) && !outputs.contains($0.name) }
            if isResponse { return function.returnOutput == nil || function.returnOutput === http }
            let response = self[http.name]?.table?.names ?? []
            return fields.allSatisfy { outputs.contains($0.name) } && response.allSatisfy(responseMembers.contains)
        }
        if fields.allSatisfy({ outputs.contains($0.name) }) { return true }
        let special = outputs.union(["Outputs", "ReturnValue", "Logs", "$return"])
        return function.returnOutput != nil && fields.allSatisfy { !special.contains($0.name) }
    }

    private func push(onto stack: LuaStack) {
        stack.pushTable(hash: fields.count)
        for field in fields {
            if let table = field.table, stack.reserve(8) { table.push(onto: stack) } else { stack.push(true) }
            stack.setField(field.name, of: -2)
        }
    }

    private func checkResponses(_ function: Function, _ returned: OutputEncoder.Returned) throws(OutputError) {
        guard let http = function.httpOutput else { return }
        let outputs = self["Outputs"].map(\.table) ?? self
        var response = outputs?[http.name]?.table
        if returned.single?.0 === http || http.name == "$return" && returned.outputs == nil && returned.logs == nil {
            response = (self["ReturnValue"] ?? self["$return"]).map(\.table) ?? self
        }
        guard let odd = response?.names.first(where: { !responseMembers.contains($0) }) else { return }
        throw .unknownMember(
            odd, of: "\(http.name == "$return" ? Place.returnValue : .output(http.name)), an HTTP response,",
            allowed: responseMembers)
    }

    private func problem(_ error: OutputError, _ function: Function) -> Problem {
        let name: String? =
            switch error {
            case .unknownOutput(let names, _, _): names.first
            case .unknownMember(let name, _, _): name
            default: nil
            }
        return Problem(function.script, line: name.flatMap(lineOfField) ?? line, error.description)
    }

    private func lineOfField(_ name: String) -> Int? {
        self[name]?.line ?? fields.lazy.compactMap { $0.table?.lineOfField(name) }.first
    }
}
