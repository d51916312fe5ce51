internal import CLua

/// Lua values as JSON text.
extension JSONWriter {
    /// Appends the value at `index`. [0]
    public func append(at index: Int, of stack: LuaStack) throws(JSONError) {
        let start = count
        checkpoint = min(limit, count + Self.stretch)
        var path = Path()
        guard lua_checkstack(stack.state, 8) != 0 else {
            throw .unwritable(.tooDeep(limit: JSONScanner.depthLimit), path: "")
        }
        let level = lua_gettop(stack.state)
        do throws(Obstructed) {
            try appendValue(lua_absindex(stack.state, Int32(index)), stack, &path)
        } catch {
            lua_settop(stack.state, level)
            count = start
            // Round and round a cycle, a path says nothing after its first steps.
            let path = error.obstacle == .cycle ? String(error.path.prefix(40)) : error.path
            throw .unwritable(error.obstacle, path: path)
        }
    }

    /// The tables being written, outermost first: a table that turns up again inside itself is a cycle.
    private struct Path {
        var tables: [UnsafeRawPointer?] = []
    }

    /// An obstacle on its way up; each level puts its own step before `path`.
    private struct Obstructed: Error {
        let obstacle: JSONError.Obstacle
        var path = ""

        init(_ obstacle: JSONError.Obstacle) { self.obstacle = obstacle }

        func under(_ step: String) -> Obstructed {
            var copy = self
            copy.path = step + path
            return copy
        }
    }

    private func appendValue(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        if count > checkpoint { try checkLimits(stack) }
        switch lua_type(state, index) {
        case LUA_TSTRING:
            var length = 0
            guard let start = lua_tolstring(state, index, &length) else { return }
            // Lua does not move strings, and this one is on the stack.
            try start.withMemoryRebound(to: UInt8.self, capacity: length) { pointer throws(Obstructed) in
                let bytes = UnsafeBufferPointer(start: pointer, count: length)
                if let offset = UTF8Check.firstInvalid(in: bytes) { throw Obstructed(.invalidUTF8(byte: offset + 1)) }
                if DateTimeText.matches(bytes) { sawDateTime = true }
                appendQuoted(bytes)
            }
        case LUA_TNUMBER:
            if lua_isinteger(state, index) != 0 {
                append(integer: lua_tointegerx(state, index, nil))
            } else {
                let value = lua_tonumberx(state, index, nil)
                guard value.isFinite else { throw Obstructed(.notFinite(value)) }
                append(raw: value.description)
            }
        case LUA_TBOOLEAN: append(raw: lua_toboolean(state, index) != 0 ? "true" : "false")
        case LUA_TTABLE: try appendTable(index, stack, &path)
        case LUA_TNIL: append(raw: "null")
        case LUA_TLIGHTUSERDATA where stack.isNull(at: Int(index)): append(raw: "null")
        default: throw Obstructed(.type(stack.type(at: Int(index)).name))
        }
    }

    /// How much is written without a look at the clock.
    private static let stretch = 1 << 20

    /// No hook can stop Swift code, so it looks itself whether the invocation may go on.
    private func checkLimits(_ stack: LuaStack) throws(Obstructed) {
        guard count <= limit else { throw Obstructed(.tooLarge(limit: limit)) }
        guard !stack.isPastDeadline else { throw Obstructed(.timeLimit) }
        checkpoint = min(limit, count + Self.stretch)
    }

    public func append(integer: Int64) {
        reserve(20)
        var magnitude = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        var end = count + 1
        var rest = magnitude / 10
        while rest > 0 {
            end += 1
            rest /= 10
        }
        var place = end
        repeat {
            place -= 1
            buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        count = end
    }

    private func appendTable(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        let identity = lua_topointer(state, index)
        guard path.tables.count < JSONScanner.depthLimit, lua_checkstack(state, 8) != 0 else {
            throw Obstructed(path.tables.contains(identity) ? .cycle : .tooDeep(limit: JSONScanner.depthLimit))
        }
        path.tables.append(identity)
        defer { path.tables.removeLast() }
        var shape = Shape.unknown
        var marked = false
        if lua_getmetatable(state, index) != 0 {
            stack.pop()
            stack.expandDeferred(at: Int(index))
            if stack.isMarkedArray(at: Int(index)) { shape = .array }
            marked = stack.isMarkedObject(at: Int(index))
            if marked { shape = .object }
        }
        if shape == .unknown {
            lua_pushnil(state)
            if lua_next(state, index) == 0 { return append(raw: "{}") }
            // Any integer key means a list is wanted; anything else, an object.
            shape = lua_isinteger(state, -2) != 0 ? .array : .object
            stack.pop(2)
        }
        if shape == .array {
            try appendArray(index, stack, &path)
        } else {
            try appendObject(index, stack, &path, marked: marked)
        }
    }

    private enum Shape { case unknown, array, object }

    private func appendArray(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        let start = count
        append(UInt8(ascii: "["))
        // Lua walks the list part in order, so one pass both writes the elements and finds a key that is out of place.
        var expected: Int64 = 1
        lua_pushnil(state)
        while lua_next(state, index) != 0 {
            guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) == expected else {
                stack.pop(2)
                count = start
                return try appendScatteredArray(index, stack, &path)
            }
            if expected > 1 { append(UInt8(ascii: ",")) }
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under("[\(expected)]")
            }
            stack.pop()
            expected += 1
        }
        append(UInt8(ascii: "]"))
    }

    /// A list whose elements lie in the hash part, so that Lua walks them in any order.
    private func appendScatteredArray(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        var elements: Int64 = 0
        lua_pushnil(state)
        while lua_next(state, index) != 0 {
            guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) > 0 else {
                throw Obstructed(.mixedKeys)
            }
            elements += 1
            stack.pop()
        }
        append(UInt8(ascii: "["))
        for position in 1...max(elements, 1) {
            if position > 1 { append(UInt8(ascii: ",")) }
            guard lua_rawgeti(state, index, position) != LUA_TNIL else { throw Obstructed(.hole(index: Int(position))) }
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under("[\(position)]")
            }
            stack.pop()
        }
        append(UInt8(ascii: "]"))
    }

    private func appendObject(
        _ index: Int32, _ stack: LuaStack, _ path: inout Path, marked: Bool
    ) throws(Obstructed) {
        let state = stack.state
        append(UInt8(ascii: "{"))
        var first = true
        lua_pushnil(state)
        let key = Int(lua_gettop(state))
        while lua_next(state, index) != 0 {
            if !first { append(UInt8(ascii: ",")) }
            first = false
            try appendKey(stack, ofMarked: marked)
            append(UInt8(ascii: ":"))
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under(".\(stack.string(at: key) ?? "?")")
            }
            stack.pop()
        }
        append(UInt8(ascii: "}"))
    }

    /// The key at -2. It is never converted in place: that would break `lua_next`.
    private func appendKey(_ stack: LuaStack, ofMarked marked: Bool) throws(Obstructed) {
        let state = stack.state
        if lua_type(state, -2) == LUA_TSTRING {
            let sawBefore = sawDateTime
            var path = Path()
            try appendValue(lua_gettop(state) - 1, stack, &path)
            sawDateTime = sawBefore  // the host leaves keys alone
        } else if lua_isinteger(state, -2) != 0 {
            guard marked else { throw Obstructed(.mixedKeys) }
            append(UInt8(ascii: "\""))
            append(integer: lua_tointegerx(state, -2, nil))
            append(UInt8(ascii: "\""))
        } else {
            throw Obstructed(.key(stack.type(at: -2).name))
        }
    }
}
