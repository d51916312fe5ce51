internal import CLua

/// luafunc's own Lua code, compiled once for all VMs of the process.
///
/// It must never hold an app's code, because Lua does not verify compiled code.
public struct LuaChunk: Sendable {
    fileprivate static let name = CLUA_OWN
    fileprivate let code: [UInt8]

    /// Compiles the text. Ends the process if it does not compile.
    ///
    /// - Parameter hasLines: whether errors name lines and variables. This information takes much memory, and every VM
    ///   has a copy of each chunk that it loads.
    public init(_ source: String, hasLines: Bool = true) {
        self.init(Array(source.utf8), hasLines: hasLines)
    }

    /// Compiles the content of a file that the program contains.
    public init(_ source: [UInt8], hasLines: Bool = true) {
        do throws(LuaFailure) {
            code = try LuaCompiler.dump(source, name: Self.name, isStripped: !hasLines)
        } catch {
            preconditionFailure(error.message)
        }
    }
}

extension LuaStack {
    /// Runs a chunk with the top `arguments` values as its arguments. Replaces them by the chunk's one result.
    public func run(_ chunk: LuaChunk, arguments: Int) throws(LuaFailure) {
        // Lua reads the chunk only before `clua_load` returns.
        let status = chunk.code.withUnsafeBytes { raw in
            clua_load(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, LuaChunk.name, "b")
        }
        try check(status)
        insert(at: -1 - arguments)
        try check(clua_run(state, Int32(arguments)))
    }

    /// Pushes two functions for luafunc's own Lua code. [+2]
    ///
    /// - `wrap(f, call, fast)` makes the function that a script gets: C, so that the script's line stays on the stack
    ///   when it writes `return f()`. With `call`, the text of a right call, it is a method, which refuses to be called
    ///   with a dot. `fast` is a Swift function that gets the arguments first; if it returns no results, `f` is called.
    /// - `fail(message)` raises the message with the script's file and line.
    public func pushOwnHelpers() {
        clua_pushcfunction(state, clua_wrapown)
        clua_pushcfunction(state, clua_fail)
    }
}
