/// The Lua half of the sandbox. It runs once in each fresh VM, with the standard libraries open, and reduces them to an
/// allow-list. It refuses everything that the list does not name (design: a script reaches nothing but its arguments
/// and its modules).
///
/// Swift passes these arguments: `write(level, text)`; `find(module)`, which returns nil and a reason if there is no
/// such module; the function that stores the helpers for C; the function that makes the table functions for tables with
/// metamethods; the sort function that these need; and the function that checks a text for `load`. The chunk returns
/// the function that seals the globals.
enum Prelude {
    static let chunk = LuaChunk(
        #"""
        local write, find, adopt, make_tables, sort_list, check = ...
        local error, load_text, next, pcall, select, setmetatable = error, load, next, pcall, select, setmetatable
        local tostring, type = tostring, type
        local concat, format, loaded, sub = table.concat, string.format, package.loaded, string.sub
        local count, traceback = collectgarbage, debug.traceback

        -- C calls these Lua functions instead of doing the work itself, so that a time slice can end inside them.
        local rawequal, tointeger, tonumber, ult, unpack = rawequal, math.tointeger, tonumber, math.ult, table.unpack
        adopt(function() end, function(t, k) return t[k] end, function(a, b) return a < b end, function()
            return make_tables(concat, error, format, rawequal, select, sort_list, tointeger, tonumber, type, ult, unpack)
        end)

        local function set(text)
            local names = {}
            for name in text:gmatch "%S+" do names[name] = true end
            return names
        end

        local function keepOnly(names, from)
            for name in next, from do
                if not names[name] then from[name] = nil end
            end
        end

        -- Base functions. Removed: collectgarbage, dofile, load, loadfile, print, require and warn, of which some are
        -- replaced below.
        keepOnly(set [[_G _VERSION assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select
            setmetatable tonumber tostring type xpcall coroutine math string table utf8 os]], _G)
        -- string.dump makes binary chunks, and Lua does not check these when it loads them.
        string.dump = nil
        -- A script may call methods on strings, but it must not change them for all code.
        getmetatable("").__metatable = false

        local function refusal(name, advice)
            return function() error(name .. " is not available in a function: " .. advice, 2) end
        end

        local function refusals(library, advice, fields)
            return setmetatable(fields or {}, {
                __metatable = false,
                __index = function(_, field)
                    error(library .. "." .. tostring(field) .. " is not available in a function: " .. advice, 2)
                end,
            })
        end

        dofile = refusal("dofile", "put the file in lib/ and use require")
        loadfile = refusal("loadfile", "put the file in lib/ and use require")
        warn = refusal("warn", 'use require("log").warn')
        io = refusals("io", "there is no file system; use a blob binding for files, print or the log module for output")
        debug = refusals("debug", "only debug.traceback is", { traceback = traceback })

        local system = os
        os = {
            clock = system.clock, date = system.date, difftime = system.difftime, getenv = system.getenv,
            time = system.time,
            execute = refusal("os.execute", "a function cannot start programs"),
            exit = refusal("os.exit", "return from the handler, or raise an error to fail the invocation"),
            remove = refusal("os.remove", "there is no file system; use a blob binding"),
            rename = refusal("os.rename", "there is no file system; use a blob binding"),
            setlocale = refusal("os.setlocale", "all functions share one locale"),
            tmpname = refusal("os.tmpname", "there is no file system; keep the text in a variable"),
        }
        loaded.os, loaded.io, loaded.debug = os, nil, nil

        function collectgarbage(option)
            if option == "count" then return count "count" end
            error('collectgarbage takes only "count" in a function: luafunc collects memory automatically', 2)
        end

        function load(chunk, name, mode, ...)
            if type(chunk) ~= "string" and type(chunk) ~= "function" then
                error(format("bad argument #1 to 'load' (string expected, got %s)", type(chunk)), 2)
            end
            if mode ~= nil and mode ~= "t" and mode ~= "bt" then
                error("load takes only text chunks in a function; the mode must be \"t\"", 2)
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
        end

        function print(...)
            local texts = { ... }
            for index = 1, select("#", ...) do texts[index] = tostring(texts[index]) end
            write("info", concat(texts, "\t"))
        end

        -- Modules -------------------------------------------------------------------------------------------------

        -- The thread that loads each module. If a second thread requires the module meanwhile, it loads the module too,
        -- because the first thread may be waiting or may have been ended.
        local preload, loading, running = {}, setmetatable({}, { __mode = "v" }), coroutine.running

        package = refusals("package", "modules are text files of the app, found by require",
            { loaded = loaded, preload = preload, path = "<function>/?.lua;lib/?.lua;lua_modules/share/lua/5.4/?.lua",
              config = "/\n;\n?\n!\n-\n" })
        loaded.package = package

        local function open(name)
            local loader = preload[name]
            if type(loader) == "function" then return loader(name, ":preload:") end
            if loader then error(format("package.preload['%s'] must be a function, not a %s", name, type(loader)), 3) end
            -- find returns a module of luafunc itself as a table, and a module of the app as text and file name.
            local module, file = find(name)
            if module == nil then error(file, 3) end
            if type(module) ~= "string" then return module end
            local chunk, message = load_text(module, "@" .. file, "t")
            if not chunk then error(message, 0) end
            return chunk(name, file)
        end

        function require(name)
            if type(name) ~= "string" then
                error(format("bad argument #1 to 'require' (string expected, got %s)", type(name)), 2)
            end
            if loaded[name] ~= nil then return loaded[name] end
            local thread = running()
            if loading[name] == thread then
                error(format("module '%s' requires itself while it is loading", name), 2)
            end
            loading[name] = thread
            local guard <close> = setmetatable({}, { __close = function()
                if loading[name] == thread then loading[name] = nil end
            end })
            local module = open(name)
            if module ~= nil then loaded[name] = module end
            if loaded[name] == nil then loaded[name] = true end
            return loaded[name]
        end

        -- Globals -------------------------------------------------------------------------------------------------

        return function()
            setmetatable(_G, { __newindex = function(_, name)
                error(format("assignment to undeclared global '%s': write 'local %s = ...', or declare it at the top "
                    .. "level of the script", tostring(name), tostring(name)), 2)
            end })
        end
        """#, hasLines: false)
}
