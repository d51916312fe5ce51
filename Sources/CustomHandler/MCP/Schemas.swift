import FoundationEssentials
import FunctionsModel
import Lua
import Patterns

/// The JSON Schemas of MCP tools: builders, validator, and the questions to clients, which contain schemas.
enum Schemas {
    /// Pushes the table `schema` for one VM. [+1]
    ///
    /// | member | what |
    /// |---|---|
    /// | `public` | the members of the module `mcp`: the builders, `elicit`, `sample`, `roots` |
    /// | `input(tool, what)` | `text`, `headers`, `check(value)` of a tool's arguments |
    /// | `output(tool, what)` | `text`, `legacyText`, `isObject`, `check(value)` of a tool's result |
    /// | `isQuestion(value)` | whether `elicit`, `sample` or `roots` has made the value |
    /// | `blockText` | to be set: returns the JSON text of a content block; nil for another value |
    static func push(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let level = stack.count
        stack.push(function: "mark") { stack throws(LuaError) in Modules.mark(stack) }
        try Modules.run(Chunks.references, arguments: 1, onto: stack)
        try pushTools(onto: stack, scope)
        let (references, tools) = (level + 1, level + 2)
        try run(Chunks.checks, references, tools, onto: stack)
        let checks = level + 3
        try run(Chunks.values, references, checks, tools, onto: stack)
        try run(Chunks.members, references, checks, level + 4, tools, onto: stack)
        try run(Chunks.schema, references, checks, level + 5, onto: stack)
        try run(Chunks.builders, references, level + 6, tools, onto: stack)
        try run(Chunks.questions, references, level + 6, tools, level + 7, onto: stack)
        stack.replace(at: level + 1)
        stack.setCount(level + 1)
    }

    private enum Chunks {
        static let references = LuaChunk(PackageResources.mcp_references_lua, hasLines: false)
        static let checks = LuaChunk(PackageResources.mcp_checks_lua, hasLines: false)
        static let values = LuaChunk(PackageResources.mcp_values_lua, hasLines: false)
        static let members = LuaChunk(PackageResources.mcp_members_lua, hasLines: false)
        static let schema = LuaChunk(PackageResources.mcp_schema_lua, hasLines: false)
        static let builders = LuaChunk(PackageResources.mcp_builders_lua, hasLines: false)
        static let questions = LuaChunk(PackageResources.mcp_questions_lua, hasLines: false)
    }

    private static func run(_ chunk: LuaChunk, _ arguments: Int..., onto stack: LuaStack) throws(LuaError) {
        for index in arguments { stack.pushValue(at: index) }
        try Modules.run(chunk, arguments: arguments.count, onto: stack)
    }

    /// Pushes what the chunks cannot do themselves. [+1]
    private static func pushTools(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        // A table of its own: the script may change the one that `require "json"` returns.
        try Modules.openJSON(onto: stack, scope)
        stack.push(function: "mark") { stack throws(LuaError) in Modules.mark(stack) }
        stack.setField("mark", of: -2)
        stack.push(function: "adopt") { stack throws(LuaError) in try adopt(stack) }
        stack.setField("adopt", of: -2)
        stack.push(function: "nearest") { stack throws(LuaError) in try nearest(stack) }
        stack.setField("nearest", of: -2)
        stack.push(function: "newID") { stack throws(LuaError) in newID(stack) }
        stack.setField("newID", of: -2)
        stack.push(function: "pattern") { stack throws(LuaError) in try pattern(stack) }
        stack.setField("pattern", of: -2)
    }

    /// `adopt(table, kind)`: marks the table as an array or an object, and returns it.
    private static func adopt(_ stack: LuaStack) throws(LuaError) -> Int {
        try stack.argumentTable(1)
        if stack.isString(at: 2, "array") { stack.markArray(at: 1) } else { stack.markObject(at: 1) }
        stack.setCount(1)
        return 1
    }

    /// `nearest(name, names)`: the most similar one of names that NUL separates, if there is one.
    private static func nearest(_ stack: LuaStack) throws(LuaError) -> Int {
        let name = try stack.argumentText(1)
        let names = try stack.argumentText(2)
        guard let found = NearestName.find(name, among: names.split(separator: "\0").map(String.init)) else { return 0 }
        stack.push(found)
        return 1
    }

    private static func newID(_ stack: LuaStack) -> Int {
        stack.push(UUID().uuidString.lowercased())
        return 1
    }

    /// `pattern(text)`: a function that says whether a text matches, or nil and a reason. The function returns nil if
    /// the match takes too many steps.
    private static func pattern(_ stack: LuaStack) throws(LuaError) -> Int {
        let text = try stack.argumentText(1)
        do throws(PatternError) {
            push(try Pattern(ecmaScript: text), onto: stack)
            return 1
        } catch {
            stack.pushNil()
            stack.push("\(error.reason) (at character \(error.position))")
            return 2
        }
    }

    private static func push(_ pattern: Pattern, onto stack: LuaStack) {
        stack.push(function: "matches") { stack throws(LuaError) in
            let text = try stack.argumentBytes(1)
            switch pattern.match(text.span) {
            case .found: stack.push(true)
            case .none: stack.push(false)
            case .tooHard: stack.pushNil()
            }
            return 1
        }
    }
}
