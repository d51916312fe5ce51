internal import CLua

/// luafunc's own Lua code, compiled once for all VMs of the process.
///
/// Never for an app's code: Lua does not verify compiled code.
public struct LuaChunk: Sendable {
    fileprivate static let name = CLUA_OWN
    fileprivate let code: [UInt8]

    /// Ends the process if the text does not compile.
    ///
    /// - Parameter hasLines: whether errors name line and variable. In a chunk that every VM has, this takes much of a
    ///   VM's memory.
    public init(_ source: String, hasLines: Bool = true) {
        // A bare state, only for the compiler. Compiler errors end in its status.
        guard let state = luaL_newstate() else { preconditionFailure("no memory for a Lua state") }
        defer { lua_close(state) }
        let status = source.utf8Span.span.bytes.withUnsafeBytes { raw in
            luaL_loadbufferx(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, Self.name, "t")
        }
        guard status == LUA_OK else {
            preconditionFailure(lua_tolstring(state, -1, nil).map { String(cString: $0) } ?? "no memory")
        }
        var code: [UInt8] = []
        // Lua calls the writer before `lua_dump` returns, so the array stays in place.
        withUnsafeMutablePointer(to: &code) { code in
            _ = lua_dump(
                state,
                { _, piece, count, code in
                    code?.assumingMemoryBound(to: [UInt8].self).pointee
                        .append(contentsOf: UnsafeRawBufferPointer(start: piece, count: count))
                    return 0
                }, code, hasLines ? 0 : 1)
        }
        self.code = code
    }
}

extension LuaStack {
    /// Runs a chunk with the top `arguments` values as its arguments, and replaces them by its one result.
    public func run(_ chunk: LuaChunk, arguments: Int) throws(LuaFailure) {
        // Lua reads the chunk before `clua_load` returns.
        let status = chunk.code.withUnsafeBytes { raw in
            clua_load(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, LuaChunk.name, "b")
        }
        try check(status)
        insert(at: -1 - arguments)
        try check(clua_run(state, Int32(arguments)))
    }
}
