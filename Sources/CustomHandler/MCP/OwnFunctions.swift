import FunctionsModel
import JSON
import Log
import Lua
import MCP

extension Modules {
    /// Pushes the table `own`, through which the chunks of `mcp` reach Swift and other modules. [+1]
    static func pushOwn(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                ("unknown", { stack throws(LuaError) in unknown(on: stack) }),
                ("kind", { stack throws(LuaError) in kind(on: stack) }),
                ("shown", { stack throws(LuaError) in shown(on: stack) }),
                (
                    "event",
                    { stack throws(LuaError) in
                        stack.push(EventText.event(try stack.argumentText(1)))
                        return 1
                    }
                ),
                ("rules", { stack throws(LuaError) in try RouterFunctions.rules(on: stack, scope) }),
                ("fault", { stack throws(LuaError) in try RouterFunctions.fault(on: stack) }),
                ("template", { stack throws(LuaError) in try RouterFunctions.template(on: stack) }),
                ("signer", { stack throws(LuaError) in try RouterFunctions.signer(on: stack, scope) }),
                (
                    // Whether the request comes over stdio, where there are no headers.
                    "isLocal",
                    { stack throws(LuaError) in
                        stack.push(scope.running?.invocation?.caller.takesPieces ?? false)
                        return 1
                    }
                ),
                (
                    // Whether the host that the caller has asked for is in `X-Forwarded-Host`, as `Host` names luafunc's port.
                    "isProxied",
                    { stack throws(LuaError) in
                        if case .forwarded(_, isProxied: true)? = scope.running?.invocation?.wire {
                            stack.push(scope.isBehindProxy)
                        } else {
                            stack.push(false)
                        }
                        return 1
                    }
                ),
                (
                    "cancelled",
                    { stack throws(LuaError) in
                        stack.push(scope.running?.callerHasLeft ?? false)
                        return 1
                    }
                ),
                (
                    "log",
                    { stack throws(LuaError) in
                        scope.write(LogLevel(at: 1, of: stack), at: 2, of: stack)
                        return 0
                    }
                ),
            ], onto: stack)
        try pushModules(onto: stack, scope)
    }

    /// Sets the members of `own` that are other modules' functions. [0]
    private static func pushModules(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        try open("json", onto: stack, scope)
        for name in ["array", "decode", "encode", "null", "object"] as [StaticString] {
            stack.pushField(name, of: -1)
            stack.setField(name, of: -3)
        }
        stack.pop()
        try open("base64", onto: stack, scope)
        stack.setField("base64", of: -2)
        stack.pushLate { stack throws(LuaError) in try open("jwt", onto: stack, scope) }
        stack.setField("jwt", of: -2)
        try stack.pushTableText()
        stack.setField("tableText", of: -2)
        StreamFunctions.push(onto: stack, scope)
        stack.setField("stream", of: -2)
        stack.push(JSONText.quotedList(Revision.modern.map(\.rawValue)))
        stack.setField("modern", of: -2)
        if let trigger = scope.function.trigger, trigger.type == .httpTrigger {
            stack.push(trigger.name)
            stack.setField("trigger", of: -2)
        }
    }

    /// Returns the sentence that a table has an unknown member, or nothing. The arguments are the table, the known names
    /// with spaces between them, and how the sentence begins.
    private static func unknown(on stack: LuaStack) -> Int {
        let names = (stack.string(at: 2) ?? "").split(separator: " ").map(String.init)
        do throws(LuaError) {
            try stack.checkMembers(of: 1, names, stack.string(at: 3) ?? "")
            return 0
        } catch {
            guard case .message(let message) = error else { return 0 }
            stack.push(message)
            return 1
        }
    }

    /// Returns "array" or "object" for a table that a JSON text has made.
    private static func kind(on stack: LuaStack) -> Int {
        guard stack.type(at: 1) == .table else { return 0 }
        stack.expandDeferred(at: 1)
        let isArray = stack.isMarkedArray(at: 1) || !stack.isMarkedObject(at: 1) && stack.length(at: 1) > 0
        stack.push(isArray ? "array" : "object" as StaticString)
        return 1
    }

    /// Returns a short text of a value for an error.
    private static func shown(on stack: LuaStack) -> Int {
        if let text = stack.string(at: 1, upTo: 100), stack.type(at: 1) == .string {
            stack.push("'\(text)'")
        } else {
            stack.push(stack.numberText(at: 1) ?? stack.type(at: 1).name)
        }
        return 1
    }
}
