import Log
import Lua

extension Modules {
    /// The module `log`: debug, info, warn and error. Each takes a `string.format` pattern and its values, or values as
    /// `print` takes them. `log(…)` is the same as `info`, like `context.log(…)` in other languages. Tables appear as
    /// `print` shows them.
    static func openLog(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.push(function: "write") { stack throws(LuaError) in
            scope.write(LogLevel(at: 1, of: stack), at: 2, of: stack)
            return 0
        }
        stack.push(function: "show") { stack throws(LuaError) in
            try stack.pushTableText()
            return 1
        }
        try run(logChunk, arguments: 2, onto: stack)
    }

    private static let logChunk = LuaChunk(
        """
        local write, show, wrap, fail = ...
        local format, pcall, select, tostring = string.format, pcall, select, tostring
        local concat, find, rawequal, rawget = table.concat, string.find, rawequal, rawget
        local setmetatable, type, unpack = setmetatable, type, table.unpack

        local function text(value) return type(value) == "table" and show()(value) or tostring(value) end

        local function join(...)
            local texts = { ... }
            for index = 1, select("#", ...) do texts[index] = text(texts[index]) end
            return concat(texts, "\\t")
        end

        local function fill(message, ...)
            local values, has_tables = { ... }, false
            for index = 1, select("#", ...) do
                if type(values[index]) == "table" then
                    values[index], has_tables = show()(values[index]), true
                end
            end
            if has_tables then
                local ok, text = pcall(format, message, unpack(values, 1, select("#", ...)))
                if ok then return ok, text end
            end
            -- An error speaks of the values that the script has passed.
            return pcall(format, message, ...)
        end

        local module

        local function logger(level)
            return function(message, ...)
                if rawequal(message, module) then fail("call it with a dot: log." .. level .. "(text)") end
                if select("#", ...) == 0 then
                    message = text(message)
                elseif type(message) ~= "string" or not find(message, "%", 1, true) then
                    -- string.format would drop the values after a text without a '%'.
                    message = join(message, ...)
                else
                    local ok, filled = fill(message, ...)
                    if not ok then fail("log." .. level .. ": " .. filled) end
                    message = filled
                end
                write(level, message)
            end
        end

        local info = logger "info"
        module = { debug = wrap(logger "debug"), info = wrap(info), warn = wrap(logger "warn"),
            error = wrap(logger "error") }
        return setmetatable(module, { __metatable = false, __call = wrap(function(_, first, ...)
            if type(first) == "table" and rawequal(rawget(first, "log"), module) then
                fail "call it with a dot: context.log(text)"
            end
            info(first, ...)
        end) })
        """)
}
