import Log
import Lua
import Testing

@testable import CustomHandler

/// A VM in which scripts get the table `schema`, before it becomes part of the module `mcp`.
struct SchemaVM {
    private let pool: TemporaryPool
    private let vm: LuaVM
    private let schema: LuaReference
    private let json: LuaReference

    init() throws {
        pool = try TemporaryPool()
        vm = try LuaVM(
            memoryLimit: 128 << 20,
            sandbox: Sandbox(
                write: { stack throws(LuaError) in 0 }, output: { stack throws(LuaError) in 0 },
                find: { stack throws(LuaError) in 0 }))
        let scope = FunctionVM.Scope(pool: pool.pool(), logger: .silent, memoryLimit: 128 << 20, callers: .open)
        let thread = vm.makeThread()
        try Schemas.push(onto: thread.stack, scope)
        schema = thread.stack.reference()
        try Modules.openJSON(onto: thread.stack, scope)
        json = thread.stack.reference()
    }

    /// Runs a script with `schema`, `json`, `mcp` and texts as `...`. Returns the text that it returns, or its error.
    func run(_ script: String, _ texts: String...) throws -> String {
        let thread = vm.makeThread()
        let stack = thread.stack
        let before = "local schema, json = ... local mcp = schema.public local function main(_, _, ...)"
        let whole = Array("\(before) \(script)\nend return main(...)".utf8)
        try stack.load(whole.span.bytes, name: "@mcp.lua")
        stack.push(schema)
        stack.push(json)
        for text in texts { stack.push(text) }
        var step = thread.resume(arguments: 2 + texts.count)
        while true {
            switch step {
            case .preempted: step = thread.resume()
            case .needsMemory:
                vm.collectGarbage()
                guard !vm.isFull else { return "not enough memory" }
                step = thread.resume()
            case .finished: return stack.messageText(at: -1) ?? "\(stack.boolean(at: -1))"
            case .failed: return thread.failure().message
            case .waiting: return "the script waits"
            }
        }
    }
}
