import FunctionsModel
import Lua

extension Modules {
    /// The module `mcp`: servers of the Model Context Protocol.
    ///
    /// What is a matter of the protocol's bytes is Swift, in the floor `MCP`; what calls the script's functions or makes
    /// values for them is Lua, in `Chunks`. Each chunk gets `own`, a table of Swift functions and modules, and what earlier
    /// chunks have returned.
    static func openMCP(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let level = stack.count
        try pushOwn(onto: stack, scope)
        let own = level + 1
        try Schemas.push(onto: stack, scope)
        let schema = level + 2
        try run(Chunks.content, own, onto: stack)
        let content = level + 3
        try run(Chunks.definitions, own, schema, content, onto: stack)
        try run(Chunks.call, own, schema, content, onto: stack)
        let call = level + 5
        try run(Chunks.methods, own, content, call, onto: stack)
        try run(Chunks.auth, own, onto: stack)
        try run(Chunks.server, own, schema, level + 4, content, level + 6, level + 7, onto: stack)
        // The module's table has the members of the server, of content and of the builders.
        stack.replace(at: own)
        stack.setCount(own)
    }

    private enum Chunks {
        static let content = LuaChunk(PackageResources.mcp_content_lua)
        static let definitions = LuaChunk(PackageResources.mcp_definitions_lua)
        static let call = LuaChunk(PackageResources.mcp_call_lua)
        static let methods = LuaChunk(PackageResources.mcp_methods_lua)
        static let auth = LuaChunk(PackageResources.mcp_auth_lua)
        static let server = LuaChunk(PackageResources.mcp_server_lua)
    }

    private static func run(_ chunk: LuaChunk, _ arguments: Int..., onto stack: LuaStack) throws(LuaError) {
        for index in arguments { stack.pushValue(at: index) }
        try run(chunk, arguments: arguments.count, onto: stack)
    }
}
