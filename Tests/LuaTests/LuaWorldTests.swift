import Testing

@testable import Lua

/// What libraries do when they load: they look at the standard library, at the call stack and at `package`, and they
/// set globals.
@Suite struct LuaWorldTests {
    /// Scripts that must return true.
    @Test(arguments: [
        // Reading a field is never an error.
        "for _, name in ipairs { 'io', 'os', 'debug', 'package', 'string', 'table', 'math', 'coroutine', 'utf8' } do assert(_G[name].nothing == nil and require(name) == _G[name] and package.loaded[name] == _G[name]) end return require '_G' == _G",
        "return not (package.searchpath or package.searchers or package.loaders or jit or setfenv or string.dump) and (unpack or table.unpack) ~= nil and (loadstring or load) ~= nil",
        "for _, f in ipairs { io.popen, io.read, io.tmpfile, os.execute, os.exit, os.remove, debug.sethook, debug.getupvalue, package.loadlib, dofile, loadfile } do assert(type(f) == 'function') end return true",
        "return package.config:sub(1, 1) == '/' and package.cpath == '' and package.path:find('lib/?.lua', 1, true) ~= nil",
        "package.path = package.path .. ';./?.lua' package.loaded.made = { 1 } return require('made')[1] == 1",
        "function package.searchpath() return 1 end return package.searchpath() == 1",
        "package.preload.p = function(name, extra) return { name, extra } end local m, extra = require 'p' return m[1] == 'p' and m[2] == ':preload:' and extra == ':preload:'",
        "local m, file = require 'm' return m.name == 'm' and m.file == 'lib/m.lua' and file == 'lib/m.lua' and select('#', require 'm') == 1",
        "package.loaded.m = false return require('m').name == 'm'",
        // collectgarbage only measures.
        "return collectgarbage() == 0 and collectgarbage('step') == true and collectgarbage('count') > 1 and collectgarbage('setpause', 100) == 200 and collectgarbage('generational') == 'incremental' and collectgarbage('isrunning')",
        // debug.getinfo, as in stock Lua.
        "local i = debug.getinfo(1) return i.source == '@test.lua' and i.short_src == 'test.lua' and i.what == 'main' and i.currentline == 1 and i.func ~= nil and i.linedefined == 0 and i.isvararg and i.nparams == 0 and not i.istailcall and i.namewhat == ''",
        "local function f(a, b) return debug.getinfo(1, 'nSlu') end local i = (f()) return i.name == 'f' and i.namewhat == 'local' and i.what == 'Lua' and i.nparams == 2 and i.isvararg == false and i.func == nil and i.linedefined == 1 and i.lastlinedefined == 1",
        "local function f(a, ...) end local i = debug.getinfo(f) return i.func == f and i.currentline == -1 and i.name == nil and i.nparams == 1 and i.isvararg and next(debug.getinfo(f, 'L').activelines) == 1",
        "return debug.getinfo(0, 'n').name == 'getinfo' and debug.getinfo(99) == nil and debug.getinfo(-1) == nil and debug.getinfo(math.maxinteger) == nil and debug.getinfo(1 << 32) == nil",
        "local co = coroutine.create(function(x) local y = x coroutine.yield(y) end) coroutine.resume(co, 1) return debug.getinfo(co, 0, 'n').name == 'yield' and debug.getinfo(co, 1, 'l').currentline == 1 and debug.getinfo(co, 2) == nil",
        "local i = debug.getinfo(1, 'r') return i.ftransfer == 0 and i.ntransfer == 0",
        "local function f() return debug.getinfo(1, 't').istailcall end local function g() return f() end return g()",
        // luafunc's own functions look like C functions, and their calls are not there.
        "for _, f in ipairs { print, require, load, string.gsub, debug.getinfo, io.popen } do local i = debug.getinfo(f) assert(i.what == 'C' and i.source == '=[C]' and i.short_src == '[C]' and i.currentline == -1 and i.nparams == 0 and i.isvararg and i.func == f and i.activelines == nil) end return true",
        "return require('levels')() == '@lib/levels.lua =[C] @test.lua nil'",
        "local t = setmetatable({}, { __tostring = function() return debug.getinfo(1).source .. debug.getinfo(2).source end }) return tostring(t) == '@test.lua=[C]'",
        "local found = {} for level = 0, 40 do local i = debug.getinfo(level, 'fS') if not i then break end if i.func then found[#found + 1] = i.what end end return #found == 1 and found[1] == 'main'",
        "local function deep(n) if n > 0 then local x = deep(n - 1) return x end return debug.getinfo(1000).currentline == 1 and debug.getinfo(1502).what == 'main' and debug.getinfo(1503) == nil end local r = deep(1500) return r",
        // debug.traceback
        "local t = debug.traceback('text', 1) return t == 'text\\nstack traceback:\\n\\ttest.lua:1: in main chunk'",
        "return debug.traceback() == 'stack traceback:\\n\\ttest.lua:1: in main chunk' or debug.traceback()",
        "local t = {} return debug.traceback(t) == t and debug.traceback(7):sub(1, 2) == '7\\n'",
        "local _, t = xpcall(function() error 'x' end, debug.traceback) return t:find('^test.lua:1: x\\nstack traceback:\\n\\t%[C%]: in function .error.\\n\\ttest.lua:1: in function <test.lua:1>\\n\\t%[C%]: in function .xpcall.') ~= nil or t",
        "local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return debug.traceback(co) == \"stack traceback:\\n\\t[C]: in function 'coroutine.yield'\\n\\ttest.lua:1: in function <test.lua:1>\" or debug.traceback(co)",
        "local function deep(n) if n > 0 then local x = deep(n - 1) return x end return debug.traceback() end local t = deep(100) return select(2, t:gsub('\\n', '')) == 22 and t:find('(skipping 81 levels)', 1, true) ~= nil or t",
        "return not require('traced'):find 'luafunc' and not require('traced'):find('?', 1, true)",
        // The metatables of tables are open, luafunc's are not.
        "local mt = {} return debug.setmetatable({}, mt) and debug.getmetatable(debug.setmetatable({}, mt)) == mt and debug.getmetatable('') == false",
        "return debug.setmetatable('', nil) == '' and ('x'):rep(2) == 'xx' and debug.gethook() == nil and debug.sethook() == nil",
        // setfenv and getfenv, as libraries make them.
        "local function find(f) local n = 0 repeat n = n + 1 local name = debug.getupvalue(f, n) until name == '_ENV' or name == nil return n end local secret = 1 local function f() return secret, x end local function g() return x end local n = find(f) assert(select(2, debug.getupvalue(f, n)) == _G) local name = '_ENV' debug.upvaluejoin(f, n, function() return name end, 1) assert(name == '_ENV' and debug.setupvalue(f, n, { x = 7 }) == '_ENV') return select(2, f()) == 7 and g() == nil",
        "local secret = {} local function f() return secret end local name, value = debug.getupvalue(f, 1) return name == 'secret' and value == nil and debug.getupvalue(f, 2) == nil and debug.getupvalue(f, 0) == nil and debug.getupvalue(f, 1 << 40) == nil",
        "for _, f in ipairs { print, require, load, pairs, io.write, debug.getinfo } do for n = 1, 300 do assert(debug.getupvalue(f, n) == nil and debug.setupvalue(f, n, {}) == nil) end end return true",
        // Constructs of libraries that also run on other versions of Lua.
        "local _ENV = { require = require } x = require 'm' return x.name == 'm'",
        "local setfenv = setfenv or function(f, env) return f end local getfenv = getfenv or function() return _ENV end return setfenv(print, {}) == print and getfenv() == _G",
        "local f = (loadstring or load)('return ...', '=(template)') return f(3) == 3 and debug.getinfo(f, 'S').source == '=(template)'",
        "local ok, code = pcall(string.dump, print) return not ok and code:find 'nil value' ~= nil",
        "local names = {} for _, g in ipairs { 'coroutine', 'debug', 'io', 'math', 'string', 'table', 'os', 'utf8' } do for k, v in pairs(_G[g]) do names[v] = g .. '.' .. k end end return names[io.write] == 'io.write' and names[debug.getinfo] == 'debug.getinfo' and names[os.exit] == 'os.exit'",
        "local type = type local _ENV = nil return type(1) == 'number'",
        "local ok, new = pcall(require, 'table.new') return not ok and not pcall(require, 'bit') and bit32 == nil and newproxy == nil",
        "function string.half(s) return s:sub(1, #s // 2) end return ('abcd'):half() == 'ab'",
        "local M = {} package.loaded.mine = M local _ENV = setmetatable(M, { __index = _G }) function f() return tostring(1) end return require('mine').f() == '1' and _G.f == nil",
        "local function where() local i = debug.getinfo(2, 'Sl') return i.short_src .. ':' .. i.currentline end local w = where() return w == 'test.lua:1'",
        "local env = setmetatable({}, { __index = _G }) return load('x = 1 return x', 'n', 't', env)() == 1 and x == nil and env.x == 1",
        "return _VERSION:sub(-3) == '5.4' and table.getn == nil and arg == nil and io.stdin == nil and getmetatable(io.stdout) == false",
        "local old = print local seen print = function(...) seen = ... end print 'x' print = old return seen == 'x'",
        "for name in pairs(package.loaded) do if name:find '^mine' then package.loaded[name] = nil end end return require('m') == require('m')",
        "local path = debug.getinfo(1, 'S').source:match '^@(.*)' return path == 'test.lua'",
        "return os.getenv 'NO_SUCH_VARIABLE' == nil and os.clock() >= 0 and type(os.time()) == 'number'",
        "return io.output() == io.stdout and io.stdout:setvbuf 'no' and io.flush() and io.stdout:flush() == io.stdout and io.stdout:close() and io.close() and io.stdout:read() == nil and tostring(io.stdout):find 'stream' ~= nil",
    ])
    func `a library finds the Lua that it expects`(_ script: String) throws {
        let lua = try TestVM(modules: Self.modules)
        #expect(try lua.run(script) == "true")
    }

    private static let modules = [
        "m": "local name, file = ... return { name = name, file = file }",
        "levels": """
        local sources = {}
        for level = 1, 4 do sources[level] = (debug.getinfo(level, 'S') or { source = 'nil' }).source end
        return function() return table.concat(sources, ' ') end
        """,
        "traced": "return debug.traceback()",
        "calls": "return os.exit()",
    ]

    /// A refused call names the line of the script wherever the call is.
    @Test(arguments: [
        "\nreturn io.popen 'x'", "\nreturn pcall(io.popen, 'x') and 1 or error(select(2, pcall(io.popen, 'x')), 0)",
        "\nlocal ok, e = pcall(function() return os.exit() end) error(e, 0)", "\nio.input('x')",
        "\nlocal x local function f() return debug.setupvalue(function() return x end, 1, 2) end f()",
        "\nlocal x return debug.upvaluejoin(function() return x end, 1, function() return x end, 1)",
        "\nreturn debug.upvalueid(print, 1)", "\nreturn debug.upvaluejoin(print, 1, print, 1)",
        "\nreturn require 'nothing'",
        "\nreturn require(1)", "\nreturn load(1)", "\nreturn load('x', 'x', 'b')", "\nreturn collectgarbage 'x'",
        "\nlocal t = setmetatable({}, { __index = function(_, k) return os.remove(k) end }) print(t.x)",
    ])
    func `a refused call names its line, also in a tail call`(_ script: String) throws {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) { try lua.run(script) }
        #expect(failure?.message.hasPrefix("test.lua:2: ") == true, "\(failure?.message ?? "")")
    }

    /// A loop over what is no table names the call that has the wrong argument.
    @Test(arguments: [
        ("for _ in ipairs(nil) do end", "bad argument #1 to 'ipairs' (table expected, got nil)"),
        ("for _ in ipairs(1) do end", "bad argument #1 to 'ipairs' (table expected, got number)"),
        ("return ipairs()", "bad argument #1 to 'ipairs' (table expected, got no value)"),
        ("for _ in pairs(nil) do end", "bad argument #1 to 'pairs' (table expected, got nil)"),
        ("for _ in pairs('x') do end", "bad argument #1 to 'pairs' (table expected, got string)"),
        ("for _ in pairs(print) do end", "bad argument #1 to 'pairs' (table expected, got function)"),
        ("return next(nil)", "bad argument #1 to 'next' (table expected, got nil)"),
        ("local x return #x", "attempt to get length of a nil value (local 'x')"),
        ("return table.concat(nil)", "bad argument #1 to 'concat' (table expected, got nil)"),
        ("return table.insert(nil, 1)", "bad argument #1 to 'insert' (table expected, got nil)"),
        ("return table.remove(nil)", "bad argument #1 to 'remove' (table expected, got nil)"),
        ("return table.sort(nil)", "bad argument #1 to 'sort' (table expected, got nil)"),
        ("return io.close(5)", "bad argument #1 to 'close' (file expected, got number)"),
        ("return io.close(nil)", "bad argument #1 to 'close' (file expected, got nil)"),
        ("return io.close('x')", "bad argument #1 to 'close' (file expected, got string)"),
        ("return io.close({ close = print })", "bad argument #1 to 'close' (file expected, got table)"),
        ("return io.output({})", "io.output of a file is not available in a function: the output is the log"),
    ])
    func `a wrong argument is named with the script's line`(_ script: String, _ message: String) throws {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) { try lua.run("\n" + script) }
        #expect(failure?.message == "test.lua:2: " + message)
    }

    @Test(arguments: [
        "for _ in ipairs 'x' do return false end return true",
        "local n = 0 for i, v in ipairs { 1, 2, nil, 4 } do n = n + v end return n == 3",
        "local t = setmetatable({}, { __index = function(_, i) return i < 4 and i or nil end }) local n = 0 for i, v in ipairs(t) do n = n + v end return n == 6",
        "local t = setmetatable({}, { __pairs = function() return next, { 7 } end }) for _, v in pairs(t) do return v == 7 end",
        "for _ in ipairs(io.stdout) do return false end return true",
        "return select('#', table.unpack(nil, 1, 0)) == 0 and select('#', table.unpack('ab')) == 2",
        "return ipairs {} == ipairs { 1 } and select(3, ipairs {}) == 0",
        "return io.close(io.stdout) and io.close() and io.output(io.stdout) == io.stdout and io.output(nil) == io.stdout",
    ])
    func `a value with metamethods is traversed as in Lua`(_ script: String) throws {
        #expect(try TestVM().run(script) == "true")
    }

    @Test func `io.output chooses the standard stream to which io.write writes`() throws {
        let lua = try TestVM()
        _ = try lua.run(
            """
            assert(io.output(io.stderr) == io.stderr and io.output() == io.stderr)
            io.write("a"):write("b")
            assert(not pcall(io.output, "x") and not pcall(io.output, 1))
            io.write("c")
            io.output(io.stdout):write("d")
            io.write("e")
            """)
        #expect(lua.printed == ["error: a", "error: b", "error: c", "info: d", "info: e"])
    }

    @Test func `what is written to a standard stream goes out at its level`() throws {
        let lua = try TestVM()
        _ = try lua.run(
            """
            io.write("a", 1, 2.5, "\\n"):write("b")
            io.stderr:write("c"):write()
            io.output():write("d")
            warn("@on")
            assert(select("#", warn("e", "f")) == 0)
            """)
        #expect(lua.printed == ["info: a12.5\n", "info: b", "error: c", "error: ", "info: d", "warn: ef\n"])
    }

    /// The rule for globals holds for the source of the function that assigns.
    @Test func `only code in lua_modules may make globals after sealing`() throws {
        let lua = try TestVM()
        lua.vm.sealGlobals()
        let library = "local function set(n, v) _G[n] = v end one = 1 _G.two = 2 return set"
        let load = "local set = load([==[\(library)]==], '@lua_modules/share/lua/5.4/x.lua')()"
        #expect(try lua.run("\(load) set('three', 3) return one + two + three") == "6")
        for code in [
            "mine = 1", "_G.mine = 1", "load('mine = 1', '@lib/x.lua')()", "load('mine = 1', 'lua_modules/x')()",
            "\(load) mine = 1", "setmetatable({}, { __newindex = _G }).mine = 1",
            "getmetatable(_G).__newindex(_G, 'mine', 1)",
        ] {
            let failure = #expect(throws: LuaFailure.self, "\(code)") { try lua.run(code) }
            #expect(failure?.message.contains("undeclared global 'mine'") == true, "\(failure?.message ?? "")")
        }
        #expect(try lua.run("return mine == nil") == "true")
    }

    @Test func `sealing keeps the metatable that a library has given to the globals`() throws {
        let lua = try TestVM()
        _ = try lua.run("setmetatable(_G, { __index = function(_, name) return name .. '!' end })")
        lua.vm.sealGlobals()
        #expect(try lua.run("return absent") == "absent!")
        #expect(throws: LuaFailure.self) { try lua.run("new = 1") }
        let other = try TestVM()
        _ = try other.run("setmetatable(_G, { __newindex = rawset, __metatable = 1 })")
        other.vm.sealGlobals()
        #expect(try other.run("new = 1 return new") == "1")
    }

    @Test func `debug.getinfo of a deep stack takes no time`() throws {
        let lua = try TestVM(memoryLimit: 256 << 20)
        #expect(
            try lua.run(
                """
                local function deep(n)
                    if n > 0 then local x = deep(n - 1) return x end
                    for level = 100000, 150000, 1000 do assert(debug.getinfo(level, "l").currentline > 0) end
                    return #debug.traceback() < 2000
                end
                return deep(150000)
                """) == "true")
    }
}
