import Lua

/// What the VM of a prompt has beyond that of a function: it shows values, keeps the last one as `_`, and has an
/// `os.exit` that works.
enum PromptPrelude {
    static func install(
        _ stack: LuaStack, exit: @escaping (LuaStack) -> Int
    ) throws(LuaError) -> (run: LuaReference, globals: LuaReference) {
        stack.push(function: "exit") { stack throws(LuaError) in exit(stack) }
        try stack.pushTableText()
        try Modules.run(chunk, arguments: 2, onto: stack)
        stack.pushElement(1, of: -1)
        let run = stack.reference()
        stack.pushElement(2, of: -1)
        let globals = stack.reference()
        stack.pop()
        return (run, globals)
    }

    /// The chunk gets `exit(code)` and the function that makes the text of a value.
    private static let chunk = LuaChunk(
        #"""
        local exit, show, wrap = ...
        local getinfo, next, rawequal, rawset, select = debug.getinfo, next, rawequal, rawset, select
        local concat, find, sub, tostring, type = table.concat, string.find, string.sub, tostring, type
        local globals, loaded = _G, package.loaded

        os.exit = wrap(function(code) exit(code) end)

        -- The most values of an input that are shown, and their most bytes.
        local most_values, most_bytes = 50, 65536

        local function key_of(f, members)
            for key, value in next, members do
                if rawequal(value, f) and key ~= "_" and type(key) == "string" then return key end
            end
        end

        -- The name by which code reaches a function.
        local function name_of(f)
            local name = key_of(f, globals)
            if name then return name end
            for module, members in next, loaded do
                if type(members) == "table" and type(module) == "string" then
                    name = key_of(f, members)
                    if name then return module .. "." .. name end
                end
            end
        end

        local function describe(value)
            local kind = type(value)
            if kind == "userdata" and tostring(value) == "null" then return "json.null" end
            if kind ~= "function" then return tostring(value) end
            local name, call = name_of(value), getinfo(value, "S")
            local text = name and "function: " .. name or "function"
            if sub(call.source, 1, 1) == "@" then return text .. " " .. call.short_src .. ":" .. call.linedefined end
            return name and text or "function: builtin"
        end

        local layout = { width = 80, levels = 8, describe = describe }

        local function present(...)
            local count = select("#", ...)
            if count == 0 then return end
            rawset(globals, "_", (...))
            local texts, bytes, is_long = {}, 0, false
            for index = 1, count do
                if index > most_values or bytes > most_bytes then
                    texts[index] = "… " .. count - index + 1 .. " more"
                    break
                end
                local text = show((select(index, ...)), layout)
                texts[index], bytes = text, bytes + #text
                is_long = is_long or find(text, "\n", 1, true)
            end
            return concat(texts, is_long and "\n" or "\t")
        end

        return { function(f) return present(f()) end, globals }
        """#, hasLines: false)
}
