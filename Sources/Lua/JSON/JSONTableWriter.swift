internal import CLua
import JSON

/// Writes tables. A list with the keys 1 to n becomes an array; all other tables become objects.
extension JSONWriter {
    /// Begins to write the table on top.
    func open(_ stack: LuaStack) throws(ValueError) {
        let state = stack.state
        let index = lua_gettop(state)
        let identity = lua_topointer(state, index)
        guard levels.count + 1 < JSONScanner.depthLimit || !isOpen, lua_checkstack(state, 8) != 0 else {
            let isCycle = openLevels.contains { $0.identity == identity }
            throw ValueError(isCycle ? .cycle : .tooDeep(limit: JSONScanner.depthLimit))
        }
        var shape: Shape?
        if lua_getmetatable(state, index) != 0 {
            stack.pop()
            stack.expandDeferred(at: Int(index))
            if stack.vm?.fault != nil { _ = try look(stack) }
            if stack.isMarkedArray(at: Int(index)) { shape = .array }
            if stack.isMarkedObject(at: Int(index)) { shape = .object(isMarked: true) }
        }
        lua_pushnil(state)
        if shape == nil {
            if lua_next(state, index) == 0 { return append(raw: "{}") }
            // An integer key means a list; any other key means an object.
            shape = lua_isinteger(state, -2) != 0 ? .array : .object(isMarked: false)
            stack.pop(2)
            lua_pushnil(state)
        }
        guard let shape else { return }
        if isOpen { levels.append(level) }
        level = Level(index: index, identity: identity, shape: shape, start: count)
        isOpen = true
        if case .array = shape { append(UInt8(ascii: "[")) } else { append(UInt8(ascii: "{")) }
    }

    /// Closes the innermost table and continues with the table around it.
    @inline(__always)
    private func leave() {
        if let around = levels.popLast() { level = around } else { isOpen = false }
    }

    func nextElement(_ stack: LuaStack) throws(ValueError) {
        let state = stack.state
        // Lua visits the array part of a table in order, so one pass both writes the elements and detects a misplaced
        // key.
        guard lua_next(state, level.index) != 0 else {
            append(UInt8(ascii: "]"))
            return leave()
        }
        level.position += 1
        guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) == level.position else {
            return try scatter(stack)
        }
        if level.position > 1 { append(UInt8(ascii: ",")) }
        needsValue = true
    }

    /// Starts the table again, because Lua does not visit its elements in order.
    private func scatter(_ stack: LuaStack) throws(ValueError) {
        let state = stack.state
        let index = level.index
        lua_settop(state, index)
        count = level.start + 1
        names.forget()
        var elements: Int64 = 0
        lua_pushnil(state)
        while lua_next(state, index) != 0 {
            guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) > 0 else {
                // The error must name the table, not one of its elements.
                leave()
                throw ValueError(.mixedKeys)
            }
            elements += 1
            stack.pop()
            if elements % Int64(Stretch.steps) == 0 { _ = try look(stack, after: Stretch.steps) }
        }
        level.shape = .scattered(count: elements)
        level.position = 0
    }

    func nextElement(of count: Int64, _ stack: LuaStack) throws(ValueError) {
        guard level.position < count else {
            append(UInt8(ascii: "]"))
            return leave()
        }
        level.position += 1
        let position = level.position
        if position > 1 { append(UInt8(ascii: ",")) }
        guard lua_rawgeti(stack.state, level.index, position) != LUA_TNIL else {
            leave()
            throw ValueError(.hole(index: Int(position)))
        }
        needsValue = true
    }

    func nextMember(_ isMarked: Bool, _ stack: LuaStack) throws(ValueError) {
        guard lua_next(stack.state, level.index) != 0 else {
            append(UInt8(ascii: "}"))
            return leave()
        }
        if level.position > 0 { append(UInt8(ascii: ",")) }
        level.position = 1
        try appendKey(stack, ofMarked: isMarked)
        append(UInt8(ascii: ":"))
        needsValue = true
    }

    /// Names up to this length are worth remembering.
    private static let longestKnown = 64

    /// Appends the key at -2. It must not convert the key in place, because that would break `lua_next`.
    private func appendKey(_ stack: LuaStack, ofMarked isMarked: Bool) throws(ValueError) {
        let state = stack.state
        if lua_type(state, -2) == LUA_TSTRING {
            var length = 0
            guard let text = lua_tolstring(state, -2, &length) else { return }
            if let written = names.find(text) { return append(again: written) }
            let from = count
            let sawBefore = sawDateTime
            do throws(ValueError) {
                if length <= Self.stretch { try appendString(text, length) } else { try appendKey(text, length, stack) }
            } catch {
                leave()
                throw error
            }
            sawDateTime = sawBefore  // the host does not change keys
            if length <= Self.longestKnown { names.add(text, at: from..<count) }
        } else if lua_isinteger(state, -2) != 0, isMarked {
            append(UInt8(ascii: "\""))
            append(integer: lua_tointegerx(state, -2, nil))
            append(UInt8(ascii: "\""))
        } else {
            leave()
            throw ValueError(lua_isinteger(state, -2) != 0 ? .mixedKeys : .key(stack.type(at: -2).name))
        }
    }

    /// Appends a long key. The time slice cannot end meanwhile.
    private func appendKey(_ text: UnsafePointer<CChar>, _ length: Int, _ stack: LuaStack) throws(ValueError) {
        append(UInt8(ascii: "\""))
        try text.withMemoryRebound(to: UInt8.self, capacity: length) { pointer throws(ValueError) in
            let bytes = UnsafeBufferPointer(start: pointer, count: length)
            var offset = 0
            while offset < length {
                let end = Self.pieceEnd(of: bytes, from: offset)
                let piece = UnsafeBufferPointer(rebasing: bytes[offset..<end])
                if let invalid = appendEscaped(piece) {
                    throw ValueError(.invalidUTF8(byte: offset + invalid + 1))
                }
                _ = try look(stack, after: end - offset)
                offset = end
            }
        }
        append(UInt8(ascii: "\""))
    }
}
