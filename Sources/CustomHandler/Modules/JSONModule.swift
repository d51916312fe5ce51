package import JSON
package import Lua

extension Modules {
    /// The module `json`: encode (with the options `pretty` and `sorted`), decode, null, array, object.
    static func openJSON(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        // The writer while it is not in use. If a script ends in the middle of writing, the writer is lost together
        // with the unfinished work.
        var idle: JSONWriter?
        pushTable(
            [
                (
                    "encode",
                    { stack throws(LuaError) in
                        guard stack.count > 0 else { throw stack.wrongArgument(1, "value") }
                        if !stack.isNil(at: 2) { return try encodeAsAsked(on: stack, scope) }
                        let writer = idle.take() ?? JSONWriter(for: stack.owner)
                        do throws(JSONError) {
                            try writer.begin(at: 1, of: stack)
                        } catch {
                            throw .message("json.encode: \(error)")
                        }
                        return try stack.work { stack throws(LuaError) in
                            do throws(JSONError) {
                                guard try writer.advance(stack) else { return .more(after: 0) }
                            } catch {
                                writer.truncate()
                                idle = writer
                                throw scope.limit(error) ?? .message("json.encode: \(error)")
                            }
                            defer {
                                writer.truncate()
                                idle = writer
                            }
                            try stack.demand(writer.count)
                            writer.withSpan { stack.push(bytes: $0) }
                            return .results(1)
                        }
                    }
                ),
                (
                    "decode",
                    { stack throws(LuaError) in
                        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
                        // A second argument of another type comes from a function that calls back with an index too.
                        guard stack.type(at: 2) != .table else {
                            throw .message("json.decode takes no options; write json.decode(text)")
                        }
                        return try readJSON(on: stack, scope) { error throws(LuaError) in
                            throw .message("json.decode: \(error)")
                        }
                    }
                ),
                ("array", { stack throws(LuaError) in try mark(on: stack) { $0.markArray(at: 1) } }),
                ("object", { stack throws(LuaError) in try mark(on: stack) { $0.markObject(at: 1) } }),
            ], onto: stack)
        stack.pushNull()
        stack.setField("null", of: -2)
    }

    /// Writes the value at 1 with the options at 2: first as it is, then that text again, in the layout asked for.
    private static func encodeAsAsked(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        try stack.checkMembers(of: 2, ["pretty", "sorted"], "json.encode has no option")
        var layout = JSONLayout(
            pretty: try flag("pretty", of: 2, on: stack), sorted: try flag("sorted", of: 2, on: stack))
        let (writer, output) = (JSONWriter(for: stack.owner), JSONWriter(for: stack.owner))
        do throws(JSONError) {
            try writer.begin(at: 1, of: stack)
        } catch {
            throw .message("json.encode: \(error)")
        }
        var isWritten = false
        let held = HeldBytes(stack.owner)
        return try stack.work { stack throws(LuaError) in
            do throws(JSONError) {
                if !isWritten { isWritten = try writer.advance(stack) }
            } catch {
                throw scope.limit(error) ?? .message("json.encode: \(error)")
            }
            guard isWritten else { return .more(after: 0) }
            let isDone = writer.withSpan { layout.advance($0, by: Stretch.bytes, into: output) }
            held.set(layout.size)
            guard isDone else { return .more(after: Stretch.bytes) }
            try stack.demand(output.count)
            output.withSpan { stack.push(bytes: $0) }
            return .results(1)
        }
    }

    private static func flag(_ name: StaticString, of index: Int, on stack: LuaStack) throws(LuaError) -> Bool {
        defer { stack.pop() }
        switch stack.pushField(name, of: index) {
        case .nil: return false
        case .boolean: return stack.boolean(at: -1)
        case let other: throw .message("json.encode: \(name) must be true or false, not \(other.name)")
        }
    }

    /// Reads the JSON text in the first argument; `failed` handles an error in it.
    static func readJSON(
        on stack: LuaStack, _ scope: FunctionVM.Scope, failed: @escaping (JSONError) throws(LuaError) -> Int
    ) throws(LuaError) -> Int {
        let isShort = stack.withBytes(at: 1) { $0.byteCount < LongJSONReader.shortest } ?? true
        if isShort {
            do throws(JSONError) {
                try stack.pushJSON(at: 1)
                return 1
            } catch {
                if let limit = scope.limit(error) { throw limit }
                return try failed(error)
            }
        }
        let reader = LongJSONReader()
        return try stack.work { stack throws(LuaError) in
            do throws(JSONError) {
                return try reader.advance(at: 1, of: stack) ? .results(1) : .more(after: 0)
            } catch {
                if let limit = scope.limit(error) { throw limit }
                stack.setCount(1)
                return .results(try failed(error))
            }
        }
    }

    /// Implements `mark(value)`, which returns "array" or "object" for a table that is marked so, and nil for any other
    /// value.
    static func mark(_ stack: LuaStack) -> Int {
        let isTable = stack.type(at: 1) == .table
        if isTable, stack.isMarkedArray(at: 1) {
            stack.push("array" as StaticString)
        } else if isTable, stack.isMarkedObject(at: 1) {
            stack.push("object" as StaticString)
        } else {
            stack.pushNil()
        }
        return 1
    }

    /// Marks the given table, or a new one, and returns the table.
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

extension FunctionVM.Scope {
    /// The error to raise in the script if a JSON error comes from a limit of the invocation; nil for any other JSON
    /// error.
    func limit(_ error: JSONError) -> LuaError? {
        guard error.isLimit else { return nil }
        running?.vm.reachedLimit = true
        return error.limit
    }
}

extension LuaStack {
    /// Texts of at least this length are only checked at first. Their values are made when a script accesses them,
    /// because most scripts read only a few fields.
    private static let leastChecked = 1 << 10

    /// Pushes the value of the JSON text in the string at `index`, which is shorter than `LongJSONReader.shortest`. [+1]
    package func pushJSON(at index: Int) throws(JSONError) {
        let level = count
        do throws(JSONError) {
            try withBytes(at: index) { text throws(JSONError) in
                if text.byteCount >= Self.leastChecked, hasRoom(for: 2 * text.byteCount) {
                    try pushChecked(text)
                    return try readChecked()
                }
                try JSONReader.read(text, onto: self) { reader throws(JSONError) in try reader.pushValue() }
            }
        } catch {
            setCount(level)
            throw error
        }
    }
}
