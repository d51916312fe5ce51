import Log
import Lua

extension Modules {
    /// The module `log`: debug, info, warn and error. Each takes a text, or a `string.format` pattern and its values.
    /// `log(…)` is the same as `info`, like `context.log(…)` in other languages.
    static func openLog(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.push(function: "write") { stack throws(LuaError) in
            scope.write(LogLevel(at: 1, of: stack), at: 2, of: stack)
            return 0
        }
        try run(logChunk, arguments: 1, onto: stack)
    }

    private static let logChunk = LuaChunk(
        """
        local write = ...
        local error, format, pcall, select, tostring = error, string.format, pcall, select, tostring
        local setmetatable = setmetatable

        local function logger(level)
            return function(message, ...)
                if select("#", ...) > 0 then
                    local ok, text = pcall(format, message, ...)
                    if not ok then error("log." .. level .. ": " .. text, 2) end
                    message = text
                end
                write(level, tostring(message))
            end
        end

        local info = logger "info"
        return setmetatable(
            { debug = logger "debug", info = info, warn = logger "warn", error = logger "error" },
            { __metatable = false, __call = function(_, ...) return info(...) end })
        """)
}
