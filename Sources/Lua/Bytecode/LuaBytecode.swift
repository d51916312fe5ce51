internal import CLua

/// What Lua 5.4.4 makes of a source file: the code of each function, and the line of each instruction.
///
/// Nothing runs. If the bytecode has not the form that the reader knows, the file has no functions, and whoever looks
/// for something in them finds nothing.
///
///     let code = try LuaBytecode(source: text, name: "@lib/shop.lua")
///     code.lines      // the lines that can run, for coverage
///     code.functions  // the main chunk, then every function, also those that never come into being
public struct LuaBytecode: Sendable {
    /// The main chunk, then each function before those inside it.
    public let functions: [LuaPrototype]

    /// Compiles the text of a file.
    ///
    /// - Parameter name: as Lua names a chunk: `@` and the file.
    /// - Throws: the reason why it does not compile, with file and line.
    public init(source: [UInt8], name: String) throws(LuaFailure) {
        let dump = try LuaCompiler.dump(source, name: name)
        functions = BytecodeReader.functions(in: dump) ?? []
    }

    /// Reads what `lua_dump` wrote. Any bytes may be passed.
    init(dump: [UInt8]) { functions = BytecodeReader.functions(in: dump) ?? [] }

    /// The lines on which code can run, ascending. The hook for lines names no other line, with two exceptions: a
    /// function's first instruction, which prepares `...`, and its last, which returns from the `end` of a function that
    /// may have returned before. Neither says whether the author's code has run.
    public var lines: [Int] {
        var lines: Set<Int32> = []
        for function in functions {
            for index in function.code.indices.dropLast() where function.code[index].operation != .varargPrep {
                lines.insert(function.lines[index])
            }
        }
        return lines.map { Int($0) }.sorted()
    }
}

/// Lua's compiler, in a state of its own.
enum LuaCompiler {
    /// Compiles a text and returns the bytecode.
    ///
    /// - Parameter isStripped: whether names and lines are left out.
    static func dump(_ text: [UInt8], name: String, isStripped: Bool = false) throws(LuaFailure) -> [UInt8] {
        // This state serves only the compiler, whose errors are reported in its status.
        guard let state = luaL_newstate() else { preconditionFailure("no memory for a Lua state") }
        defer { lua_close(state) }
        try LuaStack(state: state).load(text.span.bytes, name: name)
        var code: [UInt8] = []
        // Lua calls the writer only before `lua_dump` returns, so the array stays in place. `lua_dump` allocates nothing
        // and raises nothing.
        withUnsafeMutablePointer(to: &code) { code in
            _ = lua_dump(
                state,
                { _, piece, count, code in
                    code?.assumingMemoryBound(to: [UInt8].self).pointee
                        .append(contentsOf: UnsafeRawBufferPointer(start: piece, count: count))
                    return 0
                }, code, isStripped ? 1 : 0)
        }
        return code
    }
}
