internal import CLua

/// The functions that a sandboxed script can call beyond the standard library.
public struct Sandbox {
    /// `print` calls it with `(level, text)`.
    let write: HostFunction
    /// `io.write` calls it with `(level, text)`. The text may contain any number of lines, or a part of one.
    let output: HostFunction
    /// `require` calls it with a module's name. It leaves the module, or the module's text and file name.
    let find: HostFunction

    public init(write: @escaping HostFunction, output: @escaping HostFunction, find: @escaping HostFunction) {
        self.write = write
        self.output = output
        self.find = find
    }
}

extension Sandbox {
    /// What to do instead of calling a function of the standard library that a script must not call; nil if it may call
    /// it. A global function's library is `base`.
    public static func advice(onCalling name: String, of library: String) -> String? {
        clua_advice(library, name).map { String(cString: $0) }
    }
}

extension LuaVM {
    /// Opens the standard library, reduced to the allow-list of `Prelude`. It is called once, before any script runs.
    /// [0]
    func open(_ sandbox: Sandbox) throws(LuaFailure) {
        for (name, library) in libraries {
            luaL_requiref(state, name, library, 1)
            stack.pop()
        }
        makeMarks()
        stack.push(function: "expand") { stack throws(LuaError) in
            if let step = stack.beginExpanding(at: 1) { return try stack.work(step) }
            // No allocation was refused meanwhile, so the limits are checked now.
            try stack.mayGoOn(after: 0)
            return 0
        }
        lua_rawgeti(state, clua_registry(), Int64(clua_vm(state).pointee.deferred))
        clua_insert(state, -2)
        clua_wrapbase(state, lua_absindex(state, -2), lua_absindex(state, -1))
        stack.pop(2)
        luaL_requiref(state, "debug", clua_opendebug, 1)
        stack.pop()
        stack.push(function: "write", sandbox.output)
        clua_openio(state)
        stack.push(function: "write", sandbox.write)
        stack.push(function: "find", sandbox.find)
        stack.push(function: "explain") { stack throws(LuaError) in
            let message = stack.string(at: 1) ?? ""
            let file = stack.string(at: 3) ?? ""
            guard let text = stack.withBytes(at: 2, { SourceText.explanation(of: message, $0, file: file) }) ?? nil
            else {
                stack.pushValue(at: 1)
                return 1
            }
            stack.push(text)
            return 1
        }
        clua_pushcfunction(state, clua_sethelpers)
        stack.push(function: "tables") { stack throws(LuaError) in
            do throws(LuaFailure) {
                try stack.run(TableFallbacks.chunk, arguments: stack.count)
            } catch {
                throw .message(error.message)
            }
            return 1
        }
        clua_pushcfunction(state, clua_sortlist)
        clua_pushcfunction(state, clua_checkchunk)
        clua_pushcfunction(state, clua_wrapown)
        stack.push(function: "show") { stack throws(LuaError) in
            try stack.pushTableText()
            return 1
        }
        try stack.run(Prelude.chunk, arguments: 9)
        stack.pop()
        clua_hidemodules(state)
        clua_openendless(state)
    }

    /// Makes the metatables that mark JSON arrays, JSON objects and deferred tables, and gives null its name.
    private func makeMarks() {
        let shared = clua_vm(state)
        stack.pushTable()
        shared?.pointee.array = stack.reference().slot
        stack.pushTable()
        shared?.pointee.object = stack.reference().slot
        stack.pushTable()
        shared?.pointee.deferred = stack.reference().slot
        stack.pushNull()
        stack.pushTable()
        stack.push(function: "tostring") { stack throws(LuaError) in
            stack.push("null" as StaticString)
            return 1
        }
        stack.setField("__tostring", of: -2)
        stack.push("json.null" as StaticString)
        stack.setField("__name", of: -2)
        stack.push(false)
        stack.setField("__metatable", of: -2)
        lua_setmetatable(state, -2)
        stack.pop()
    }
}

/// The standard libraries that are opened first. A script sees only parts of them.
private let libraries: [(String, lua_CFunction)] = [
    ("_G", clua_openbase), ("package", clua_openpackage), ("coroutine", clua_opencoroutine), ("table", clua_opentable),
    ("string", clua_openstring), ("math", luaopen_math), ("utf8", clua_openutf8), ("os", clua_openos),
]
