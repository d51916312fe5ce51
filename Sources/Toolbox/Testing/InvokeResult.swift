import CustomHandler
import DevHost
import FunctionsModel
import JSON
import Lua

/// Pushes what came of an invocation: what the host delivers, and what the function has logged.
struct InvokeResult: Sendable {
    let function: Function
    let run: RunResult
    /// What the function has logged.
    let logs: [String]

    /// [+1]
    func push(onto stack: LuaStack, _ border: TestBorder) throws(LuaError) -> Int {
        guard stack.reserve(16) else { throw .message("the Lua stack is full") }
        let size = run.outputs.reduce(run.http?.body.count ?? 0) { $0 + $1.messages.reduce(0) { $0 + $1.count } }
        try stack.demand(size + logs.reduce(0) { $0 + $1.utf8.count })
        stack.pushTable(hash: 7)
        stack.pushTable(hash: run.outputs.count)
        for output in run.outputs where !output.messages.isEmpty {
            if output.messages.count == 1 {
                stack.push(bytes: output.messages[0])
            } else {
                stack.pushTable(array: output.messages.count)
                for (position, message) in output.messages.enumerated() {
                    stack.push(bytes: message)
                    stack.setElement(position + 1, of: -2)
                }
            }
            stack.setField(output.name, of: -2)
        }
        stack.setField("outputs", of: -2)
        let lines = logs.flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        pushList(lines, onto: stack)
        stack.setField("logs", of: -2)
        pushList(run.warnings + (run.unsendable.map { [$0] } ?? []), onto: stack)
        stack.setField("warnings", of: -2)
        if let failure = run.failure {
            stack.push(failure.message)
            stack.setField("error", of: -2)
            pushList(failure.traceback, onto: stack)
            stack.setField("traceback", of: -2)
        } else if let reason = run.unsendable {
            stack.push(reason)
            stack.setField("error", of: -2)
        }
        try pushReturnValue(onto: stack)
        stack.setField("returnValue", of: -2)
        if function.isHTTP {
            pushResponse(onto: stack, border)
            stack.setField("response", of: -2)
        }
        return 1
    }

    private func pushList(_ texts: [String], onto stack: LuaStack) {
        stack.pushTable(array: texts.count)
        for (position, text) in texts.enumerated() {
            stack.push(text)
            stack.setElement(position + 1, of: -2)
        }
    }

    /// Pushes what the function has returned for `$return`; nil if that is an HTTP response. [+1]
    private func pushReturnValue(onto stack: LuaStack) throws(LuaError) {
        guard run.failure == nil, let value = RunReport.returnValue(of: function, run), !value.isNull else {
            return stack.pushNil()
        }
        stack.push(value.json())
        do throws(JSONError) {
            try stack.pushJSON(at: stack.count)
            stack.replace(at: stack.count - 1)
        } catch {
            // The text was written from a value, so it is valid JSON.
            stack.pop()
            stack.pushNil()
        }
    }

    /// Pushes the response that the caller gets. If the invocation fails, that is a 500: an empty one, or luafunc's own
    /// if the function has got the caller's request. [+1]
    private func pushResponse(onto stack: LuaStack, _ border: TestBorder) {
        let response = run.unsendable == nil ? run.http : nil
        stack.pushTable(hash: 3)
        stack.push(Int64(response?.status ?? 500))
        stack.setField("statusCode", of: -2)
        stack.push(bytes: response?.body ?? [])
        stack.setField("body", of: -2)
        stack.pushTable()
        var values: [(name: String, value: String)] = []
        for (name, value) in response?.headers ?? [] {
            if let place = values.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) {
                values[place].value += ", " + value
            } else {
                values.append((name, value))
            }
        }
        for (name, value) in values {
            stack.push(value)
            stack.setField(name, of: -2)
        }
        stack.setField("headers", of: -2)
        border.equip(stack)
    }
}
