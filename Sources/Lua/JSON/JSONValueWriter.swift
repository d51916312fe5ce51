internal import CLua
public import JSON

/// Writes Lua values as JSON text. The code does not recurse: the open tables form a list of levels, so that writing
/// can stop between any two values and continue later.
extension JSONWriter {
    /// Appends the value at `index`. [0]
    public func append(at index: Int, of stack: LuaStack) throws(JSONError) {
        if !prepared.isEmpty, let ready = stack.identity(at: index).flatMap({ prepared[$0] }) {
            switch ready {
            case .failed(let error): throw error
            case .text(let text):
                if text.sawDateTime { sawDateTime = true }
                return text.withSpan { append(raw: $0) }
            }
        }
        try begin(at: index, of: stack)
        do throws(JSONError) {
            while !(try advance(stack)) {}
        } catch {
            if error.isLong {
                stack.pushValue(at: index)
                longTable = stack.reference()
            }
            throw error
        }
    }

    /// Begins to append the value at `index`; `advance` continues. Until `advance` returns true, the stack holds
    /// unfinished values. [+]
    public func begin(at index: Int, of stack: LuaStack) throws(JSONError) {
        levels.removeAll(keepingCapacity: true)
        isOpen = false
        names.forget()
        start = count
        longOffset = nil
        needsValue = true
        checkpoint = min(limit, count + Self.stretch)
        guard lua_checkstack(stack.state, 8) != 0 else {
            throw .unwritable(.tooDeep(limit: JSONScanner.depthLimit), path: "")
        }
        base = lua_gettop(stack.state)
        lua_pushvalue(stack.state, Int32(index))
    }

    /// Returns true when the value is written, or false if the time slice ended before that. [0 at the end]
    public func advance(_ stack: LuaStack) throws(JSONError) -> Bool {
        do throws(ValueError) {
            guard try proceed(stack) else { return false }
        } catch {
            // The path into a cyclic table repeats, so only its first steps are shown.
            let path = error.reason == .cycle ? String(path(stack).prefix(40)) : path(stack)
            lua_settop(stack.state, base)
            count = start
            throw .unwritable(error.reason, path: path)
        }
        lua_settop(stack.state, base)
        return true
    }

    /// A table that is being written. The table lies at `index`, the current key above it, and the key's value above
    /// that.
    struct Level {
        let index: Int32
        let identity: UnsafeRawPointer?
        var shape: Shape
        /// The current element of an array; 0 before the first member of an object.
        var position: Int64 = 0
        /// The position in the buffer where the table's text began.
        let start: Int
    }

    enum Shape {
        case array
        /// A list whose elements lie in the hash part of the table, which Lua visits in any order.
        case scattered(count: Int64)
        case object(isMarked: Bool)
    }

    struct ValueError: Error {
        let reason: JSONError.ValueReason
        init(_ reason: JSONError.ValueReason) { self.reason = reason }
    }

    /// The number of bytes written between two checks of the limits. The shortest element takes two bytes.
    static let stretch = 16 << 10

    // MARK: The steps

    /// Writes the value on top, or continues the innermost table. Returns false if the time slice is over.
    private func proceed(_ stack: LuaStack) throws(ValueError) -> Bool {
        let state = stack.state
        while true {
            if longOffset != nil {
                guard try appendLong(stack) else { return false }
            } else if needsValue {
                if count > checkpoint, !(try look(stack)) { return false }
                needsValue = false
                try appendTop(stack)
                if longOffset != nil { continue }
            }
            guard isOpen else { return true }
            lua_settop(state, level.index + 1)
            switch level.shape {
            case .array: try nextElement(stack)
            case .scattered(let count): try nextElement(of: count, stack)
            case .object(let isMarked): try nextMember(isMarked, stack)
            }
        }
    }

    /// Checks the limits. Returns false if the time slice is over.
    func look(_ stack: LuaStack, after bytes: Int? = nil) throws(ValueError) -> Bool {
        guard count <= limit else { throw ValueError(.tooLarge(limit: limit)) }
        guard count - start <= patience || !isOpen else { throw ValueError(.long) }
        let written = bytes ?? max(0, count - (checkpoint - Self.stretch))
        checkpoint = min(limit, count + Self.stretch)
        do throws(LuaError) {
            return try stack.mayGoOn(after: written)
        } catch {
            if case .timeLimit = error { throw ValueError(.timeLimit) }
            throw ValueError(.tooLarge(limit: stack.memoryLimit))
        }
    }

    /// Appends the value on top. Of a table or a long string, it appends only the beginning.
    private func appendTop(_ stack: LuaStack) throws(ValueError) {
        let state = stack.state
        switch lua_type(state, -1) {
        case LUA_TSTRING:
            var length = 0
            guard let text = lua_tolstring(state, -1, &length) else { return }
            guard length <= Self.stretch else {
                append(UInt8(ascii: "\""))
                return longOffset = 0
            }
            try appendString(text, length)
        case LUA_TNUMBER:
            if lua_isinteger(state, -1) != 0 {
                append(integer: lua_tointegerx(state, -1, nil))
            } else {
                let value = lua_tonumberx(state, -1, nil)
                guard value.isFinite else { throw ValueError(.notFinite(value)) }
                append(value)
            }
        case LUA_TBOOLEAN: append(raw: lua_toboolean(state, -1) != 0 ? "true" : "false")
        case LUA_TTABLE: try open(stack)
        case LUA_TNIL: append(raw: "null")
        case LUA_TLIGHTUSERDATA where stack.isNull(at: -1): append(raw: "null")
        default: throw ValueError(.type(stack.type(at: -1).name))
        }
    }

    func appendString(_ text: UnsafePointer<CChar>, _ length: Int) throws(ValueError) {
        // Lua does not move strings, and this one is on the stack.
        try text.withMemoryRebound(to: UInt8.self, capacity: length) { pointer throws(ValueError) in
            let bytes = UnsafeBufferPointer(start: pointer, count: length)
            if DateTimeText.matches(bytes) { sawDateTime = true }
            if let offset = appendQuoted(bytes) { throw ValueError(.invalidUTF8(byte: offset + 1)) }
        }
    }

    /// Continues the long string on top. Returns false if the time slice ends before the string is complete.
    private func appendLong(_ stack: LuaStack) throws(ValueError) -> Bool {
        var length = 0
        while let offset = longOffset, let text = lua_tolstring(stack.state, -1, &length) {
            let end = try text.withMemoryRebound(to: UInt8.self, capacity: length) { pointer throws(ValueError) in
                let bytes = UnsafeBufferPointer(start: pointer, count: length)
                let piece = UnsafeBufferPointer(rebasing: bytes[offset..<Self.pieceEnd(of: bytes, from: offset)])
                if let invalid = appendEscaped(piece) {
                    throw ValueError(.invalidUTF8(byte: offset + invalid + 1))
                }
                return offset + piece.count
            }
            if end == length {
                append(UInt8(ascii: "\""))
                longOffset = nil
            } else {
                longOffset = end
            }
            guard try look(stack, after: end - offset) else { return longOffset == nil }
        }
        return true
    }

    /// The end of the next piece of a text. A piece does not split a character.
    static func pieceEnd(of bytes: UnsafeBufferPointer<UInt8>, from offset: Int) -> Int {
        var end = min(bytes.count, offset + Stretch.bytes / 2)
        if end == bytes.count { return end }
        for _ in 0..<3 where bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return end
    }

    /// The open tables, outermost first.
    var openLevels: [Level] { isOpen ? levels + [level] : [] }

    /// The path of the current value: `.a.b[3]`.
    private func path(_ stack: LuaStack) -> String {
        openLevels.map { level in
            switch level.shape {
            case .array, .scattered: "[\(level.position)]"
            case .object: ".\(stack.messageText(at: Int(level.index) + 1) ?? "?")"
            }
        }.joined()
    }
}
