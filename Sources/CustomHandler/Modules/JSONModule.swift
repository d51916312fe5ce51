import Lua

extension Modules {
    /// `json`: encode, decode, null, array, object.
    static func openJSON(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let writer = JSONWriter()
        writer.limit = scope.memoryLimit
        pushTable(
            [
                (
                    "encode",
                    { stack throws(LuaError) in
                        guard stack.count > 0 else { throw stack.wrongArgument(1, "value") }
                        defer { writer.truncate() }
                        do throws(JSONError) {
                            try writer.append(at: 1, of: stack)
                        } catch {
                            if error.isLimit { scope.running?.machine.reachedLimit = true }
                            throw .message("json.encode: \(error)")
                        }
                        writer.withSpan { stack.push(bytes: $0) }
                        return 1
                    }
                ),
                (
                    "decode",
                    { stack throws(LuaError) in
                        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
                        do throws(JSONError) {
                            try stack.pushJSON(at: 1)
                        } catch {
                            throw .message("json.decode: \(error)")
                        }
                        return 1
                    }
                ),
                ("array", { stack throws(LuaError) in try mark(on: stack) { $0.markArray(at: 1) } }),
                ("object", { stack throws(LuaError) in try mark(on: stack) { $0.markObject(at: 1) } }),
            ], onto: stack)
        stack.pushNull()
        stack.setField("null", of: -2)
    }

    /// Marks the table given, or a new one, and returns it.
    private static func mark(on stack: LuaStack, _ mark: (LuaStack) -> Void) throws(LuaError) -> Int {
        if stack.isNil(at: 1) {
            stack.setCount(0)
            stack.pushTable()
        }
        try stack.argumentTable(1)
        mark(stack)
        stack.setCount(1)
        return 1
    }
}

extension LuaStack {
    /// Pushes the value of the JSON text that is the string at `index`. [+1]
    func pushJSON(at index: Int) throws(JSONError) {
        let level = count
        do throws(JSONError) {
            try withBytes(at: index) { text throws(JSONError) in
                try JSONReader.read(text, onto: self) { reader throws(JSONError) in try reader.pushValue() }
            }
        } catch {
            setCount(level)
            throw error
        }
    }
}
