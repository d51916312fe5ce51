import EventLoop
import FunctionsModel
import HTTP
import JSON
import Lua

/// The third argument of a handler, `context`. Its expensive fields are made on first access.
struct ContextTable {
    private let filler: TableFiller

    init(_ stack: LuaStack, _ scope: FunctionVM.Scope) {
        stack.pushTable()
        stack.push(false)
        stack.setField("__metatable", of: -2)
        stack.push(function: "context") { stack throws(LuaError) in
            try Self.pushField(of: stack, scope)
            return 1
        }
        stack.setField("__index", of: -2)
        let metatable = stack.reference()
        filler = stack.makeFiller { stack, table, _ in
            Self.fill(table, of: stack, scope)
            stack.setMetatable(at: table, metatable)
        }
    }

    /// Pushes the table `context`, which is filled on first access. [+1]
    func push(of invocation: Invocation, onto stack: LuaStack) {
        invocation.withIdentifiedHead { stack.push(bytes: $0) }
        stack.pushDeferred(filler)
    }

    /// Fills the table from the request's head, which is on top. [0]
    private static func fill(_ table: Int, of stack: LuaStack, _ scope: FunctionVM.Scope) {
        let fields = RequestTables.named(headers: stack.bytes(at: -1) ?? [])
        func set(_ field: StaticString, _ value: [UInt8]?) {
            guard let value else { return }
            stack.push(bytes: value)
            stack.setField(field, of: table)
        }
        set("invocationId", fields.values(HostHeader.invocationID)?.last.map { Array(InvocationID.last(in: $0[...])) })
        stack.push(scope.function.name)
        stack.setField("functionName", of: table)
        set("hostVersion", fields.values(HostHeader.hostVersion)?.first)
        set("traceparent", fields.values(HostHeader.traceparent)?.first)
    }

    /// Makes a field on first access, from the running invocation. A context that is kept after its invocation has
    /// ended has none of these fields.
    private static func pushField(of stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.pushField("invocationId", of: 1)
        let owner = stack.string(at: -1)
        stack.pop()
        guard let field = stack.string(at: 2), let running = scope.running, let invocation = running.invocation,
            invocation.id == owner
        else {
            return stack.pushNil()
        }
        switch field {
        case "log":
            try Modules.open("log", onto: stack, scope)
        case "payload":
            guard let payload = invocation.payload else { return stack.pushNil() }
            stack.push(bytes: payload)
        case "bindings":
            let trees = JSONTree(.array(scope.function.bindings.map(\.tree)), line: 1)
            pushTree(trees, onto: stack)
        case "retry":
            guard let payload = invocation.payload else { return stack.pushNil() }
            pushRetry(payload, onto: stack)
        case "deadline":
            pushDeadline(onto: stack, scope)
        default:
            return stack.pushNil()
        }
        stack.pushValue(at: -1)
        stack.setField(field, of: 1)
    }

    /// Pushes the function `deadline`, which returns the seconds left to the execution that calls it.
    private static func pushDeadline(onto stack: LuaStack, _ scope: FunctionVM.Scope) {
        if let deadline = scope.deadline { return stack.push(deadline) }
        stack.push(function: "deadline") { stack throws(LuaError) in
            stack.push(scope.running?.deadline.left(at: scope.clock.now) ?? .infinity)
            return 1
        }
        stack.pushValue(at: -1)
        scope.deadline = stack.reference()
    }

    private static func pushTree(_ tree: JSONTree, onto stack: LuaStack) {
        do throws(JSONError) {
            try JSONReader.read(tree.text.utf8Span.span.bytes, onto: stack, nulls: .absent) {
                reader throws(JSONError) in
                try reader.pushValue()
            }
        } catch {
            // The text was written from a tree, so it is valid JSON.
            stack.pushNil()
        }
    }

    /// Pushes `{ count, max }` from the payload's `Metadata.RetryContext` (host-contract §6.3), or nil.
    private static func pushRetry(_ payload: [UInt8], onto stack: LuaStack) {
        let level = stack.count
        var count: Int64?
        var max: Int64?
        let read: Void? = try? JSONReader.read(payload.span.bytes, onto: stack) { reader throws(JSONError) in
            try reader.forEachMember("a payload") { key, reader throws(JSONError) in
                guard "Metadata" ~= key, reader.peek() == UInt8(ascii: "{") else { return try reader.skip() }
                try reader.forEachMember("an object") { key, reader throws(JSONError) in
                    guard "RetryContext" ~= key, reader.peek() == UInt8(ascii: "{") else {
                        return try reader.skip()
                    }
                    try reader.forEachMember("an object") { key, reader throws(JSONError) in
                        let isCount = "RetryCount" ~= key
                        let isMax = "MaxRetryCount" ~= key
                        try reader.pushValue()
                        if isCount { count = stack.integer(at: -1) }
                        if isMax { max = stack.integer(at: -1) }
                        stack.pop()
                    }
                }
            }
        }
        stack.setCount(level)
        guard read != nil, let count, let max else { return stack.pushNil() }
        stack.pushTable(hash: 2)
        stack.push(count)
        stack.setField("count", of: -2)
        stack.push(max)
        stack.setField("max", of: -2)
    }
}
