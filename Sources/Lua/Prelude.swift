/// The Lua half of the sandbox. It runs once in each fresh VM, with the standard libraries open, and reduces them to an
/// allow-list (design: a script reaches nothing but its arguments and its modules). What is on the list but must not be
/// called is a C function that raises an error (refused.c).
///
/// Swift passes these arguments: `write(level, text)`; `find(module)`, which returns nil and a reason if there is no
/// such module; `explain(message, text, file)`, which makes the error of a file that does not compile; the function
/// that stores the helpers for C; the function that makes the table functions for tables with metamethods; the sort function
/// that these need; the function that checks a text for `load`; `wrap`, which makes a C function of a Lua function; and
/// the function that returns the function which makes the text of a table.
enum Prelude {
    static let chunk = LuaChunk(
        #"""
        local write, find, explain, adopt, make_tables, sort_list, check, wrap, show = ...
        local error, load_text, next, pcall, select, setmetatable = error, load, next, pcall, select, setmetatable
        local tostring, type = tostring, type
        local concat, format, sub = table.concat, string.format, string.sub

        -- C calls these Lua functions instead of doing the work itself, so that a time slice can end inside them.
        local rawequal, tointeger, tonumber, ult, unpack = rawequal, math.tointeger, tonumber, math.ult, table.unpack
        adopt(function() end, function(t, k) return t[k] end, function(a, b) return a < b end, function()
            return make_tables(concat, error, format, rawequal, select, sort_list, tointeger, tonumber, type, ult, unpack)
        end)

        local allowed = {}
        for name in ([[_G _VERSION assert collectgarbage coroutine debug dofile error getmetatable io ipairs loadfile
            math next os package pairs pcall rawequal rawget rawlen rawset select setmetatable string table tonumber
            tostring type utf8 warn xpcall]]):gmatch "%S+" do
            allowed[name] = true
        end
        for name in next, _G do
            if not allowed[name] then _G[name] = nil end
        end
        -- string.dump makes binary chunks, and Lua does not check these when it loads them.
        string.dump = nil
        -- A script may call methods on strings, but it must not change them for all code.
        getmetatable("").__metatable = false

        -- The script's line is three calls up in these functions, and four in what they call: 'wrap' adds one.
        load = wrap(function(chunk, name, mode, ...)
            if type(chunk) ~= "string" and type(chunk) ~= "function" then
                error(format("bad argument #1 to 'load' (string expected, got %s)", type(chunk)), 3)
            end
            if mode ~= nil and mode ~= "t" and mode ~= "bt" then
                error("load takes only text chunks in a function; the mode must be \"t\"", 3)
            end
            if type(chunk) == "function" then
                -- The function is called here and not by Lua's compiler, so that a time slice can end inside it.
                local pieces, count = {}, 0
                repeat
                    local ok, piece = pcall(chunk)
                    if not ok then return nil, piece end
                    if piece ~= nil and type(piece) ~= "string" then return nil, "reader function must return a string" end
                    count = count + 1
                    pieces[count] = piece
                until piece == nil or piece == ""
                chunk, name = concat(pieces), name or "=(load)"
            end
            local reason = check(chunk)
            if reason then return nil, reason end
            -- Each line of a traceback contains the name, so its length is limited.
            if type(name) == "string" then name = sub(name, 1, 1000) end
            return load_text(chunk, name, "t", ...)
        end)

        function print(...)
            local texts = { ... }
            for index = 1, select("#", ...) do
                local value = texts[index]
                texts[index] = type(value) == "table" and show()(value) or tostring(value)
            end
            write("info", concat(texts, "\t"))
        end

        -- Modules -------------------------------------------------------------------------------------------------

        -- The thread that loads each module. If a second thread requires the module meanwhile, it loads the module too,
        -- because the first thread may be waiting or may have been ended.
        local loading, running = setmetatable({}, { __mode = "v" }), coroutine.running
        local loaded, preload = package.loaded, package.preload

        local function open(name)
            local loader = preload[name]
            if type(loader) == "function" then return loader(name, ":preload:"), ":preload:" end
            if loader then error(format("package.preload['%s'] must be a function, not a %s", name, type(loader)), 4) end
            -- find returns a module of luafunc itself as a table, and a module of the app as text and file name.
            local module, file = find(name)
            if module == nil then error(file, 4) end
            if type(module) ~= "string" then return module end
            local chunk, message = load_text(module, "@" .. file, "t")
            if not chunk then error(explain(message, module, file), 0) end
            return chunk(name, file), file
        end

        require = wrap(function(name)
            if type(name) ~= "string" then
                error(format("bad argument #1 to 'require' (string expected, got %s)", type(name)), 3)
            end
            if loaded[name] then return loaded[name] end
            local thread = running()
            if loading[name] == thread then
                error(format("module '%s' requires itself while it is loading", name), 3)
            end
            loading[name] = thread
            local guard <close> = setmetatable({}, { __close = function()
                if loading[name] == thread then loading[name] = nil end
            end })
            local module, file = open(name)
            if module ~= nil then loaded[name] = module end
            if loaded[name] == nil then loaded[name] = true end
            return loaded[name], file
        end)
        """#, hasLines: false)
}
