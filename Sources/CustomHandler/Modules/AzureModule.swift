import Lua

extension Modules {
    /// The module `azure`. `bytes(s)` marks text as binary, so that an output gets exactly these bytes.
    static func openAzure(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        guard let mark = scope.metatables?.bytes else { throw .message("azure is not ready") }
        pushTable(
            [
                (
                    "bytes",
                    { stack throws(LuaError) in
                        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
                        stack.pushTable(array: 1)
                        stack.pushValue(at: 1)
                        stack.setElement(1, of: -2)
                        stack.setMetatable(at: -1, mark)
                        return 1
                    }
                )
            ], onto: stack)
    }
}
