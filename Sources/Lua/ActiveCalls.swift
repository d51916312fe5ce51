internal import CLua

/// One active call of a thread that has failed.
public struct ActiveCall: Equatable, Sendable {
    /// The name by which the function was called, such as `f`, or the event of a metamethod; nil if Lua knows none.
    public let name: String?
    public let isMetamethod: Bool
    /// The file's name as the chunk gives it; nil for functions of C and of luafunc itself.
    public let file: String?
    /// The file's name as Lua's messages give it.
    public let shortFile: String
    public let line: Int
    /// The line where the function begins.
    public let firstLine: Int
}

/// What the frames of a failed thread tell about its error.
extension LuaThread {
    /// Whether the running code belongs to this thread or one of its coroutines.
    public var isRunning: Bool { clua_vm(vm.state).pointee.root == state }

    /// The number of active calls.
    public var depth: Int { Int(Traceback.depth(of: state)) }

    /// The call at a level, of which the innermost is 0.
    public func call(at level: Int) -> ActiveCall? {
        var record = lua_Debug()
        guard lua_getstack(state, Int32(level), &record) != 0, lua_getinfo(state, "Sln", &record) != 0 else {
            return nil
        }
        // The functions on the stack own these texts, so the pointers are valid.
        let source = String(cString: record.source)
        let name = record.name.map { String(cString: $0) }
        let short = withUnsafeBytes(of: record.short_src) { text in
            String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
        return ActiveCall(
            name: name == "?" ? nil : name, isMetamethod: String(cString: record.namewhat) == "metamethod",
            file: source.hasPrefix("@") ? String(source.dropFirst()) : nil, shortFile: short,
            line: Int(record.currentline), firstLine: Int(record.linedefined))
    }

    /// Pushes the value of the local variable or upvalue of the call at a level. Returns false, and pushes nothing, if
    /// the call has none of this name. [+1 or 0]
    public func pushVariable(_ name: String, at level: Int) -> Bool {
        var record = lua_Debug()
        guard lua_getstack(state, Int32(level), &record) != 0 else { return false }
        // The last variable of a name hides the others.
        var found: Int32?
        var index: Int32 = 1
        while let text = lua_getlocal(state, &record, index) {
            stack.pop()
            if String(cString: text) == name { found = index }
            index += 1
        }
        if let found { return lua_getlocal(state, &record, found) != nil }
        guard lua_getinfo(state, "f", &record) != 0 else { return false }
        index = 1
        while let text = lua_getupvalue(state, -1, index) {
            if String(cString: text) == name {
                stack.replace(at: -2)
                return true
            }
            stack.pop()
            index += 1
        }
        stack.pop()
        return false
    }

    /// Pushes the first parameter of the outermost call. Returns false, and pushes nothing, if it has none. [+1 or 0]
    public func pushFirstParameter() -> Bool {
        var record = lua_Debug()
        guard depth > 0, lua_getstack(state, Int32(depth - 1), &record) != 0 else { return false }
        return lua_getlocal(state, &record, 1) != nil
    }
}

extension LuaStack {
    /// The name of the first parameter of the function on top; nil if it has none, or is not written in Lua. [0]
    public var firstParameter: String? {
        guard lua_iscfunction(state, -1) == 0 else { return nil }
        return lua_getlocal(state, nil, 1).map { String(cString: $0) }
    }

    /// Pushes the metatable of the value at `index`. Returns false, and pushes nothing, if it has none. [+1 or 0]
    public func pushMetatable(of index: Int) -> Bool { lua_getmetatable(state, Int32(index)) != 0 }
}
