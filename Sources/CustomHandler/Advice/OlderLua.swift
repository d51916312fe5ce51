/// What Lua 5.4 has instead of the words of Lua 5.1 to 5.3, LuaJIT and OpenResty. The words stay nil, because libraries
/// test for them.
enum OlderLua {
    /// Global variables.
    static let globals = [
        "bit": operators, "bit32": operators,
        "ffi": "luafunc runs Lua 5.4, which has no FFI",
        "gcinfo": "Lua 5.4 has collectgarbage \"count\"",
        "getfenv": "Lua 5.4 has no function environments; write a local table",
        "jit": "luafunc runs Lua 5.4, not LuaJIT",
        "loadstring": "Lua 5.4 has load",
        "module": "in Lua 5.4 a module ends with return and a table of its functions",
        "newproxy": "Lua 5.4 has setmetatable({}, metatable)",
        "ngx": "ngx belongs to OpenResty; here data.req is the request, and the returned value the response",
        "setfenv": "Lua 5.4 has load(text, name, \"t\", environment)",
        "table_unpack": unpack, "unpack": unpack,
    ]

    /// Members of the standard library.
    static let members = [
        "math.mod": "Lua 5.4 has math.fmod and the operator %",
        "package.seeall": "in Lua 5.4 a module ends with return and a table of its functions",
        "string.gfind": "Lua 5.4 has string.gmatch",
        "table.clear": "Lua 5.4 has no table.clear; write a new table",
        "table.foreach": "Lua 5.4 has for key, value in pairs(t)",
        "table.foreachi": "Lua 5.4 has for index, value in ipairs(t)",
        "table.getn": "Lua 5.4 has the operator #",
        "table.maxn": "Lua 5.4 has the operator #, or a loop over pairs for lists with holes",
        "table.new": "Lua 5.4 has no table.new; write {}",
        "table.nkeys": "Lua 5.4 has no table.nkeys; count in a loop over pairs",
        "table.setn": "in Lua 5.4 a list is as long as its elements",
    ]

    /// Members of the standard library that luafunc does not have.
    static let refused = [
        "io.stdin": "there is no standard input; the input is the handler's first argument",
        "string.dump": "binary chunks are not allowed; keep the text",
    ]

    private static let operators = "Lua 5.4 has the operators & | ~ << >>"
    private static let unpack = "Lua 5.4 has table.unpack"
}
