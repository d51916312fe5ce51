import JSON
import Testing

@testable import Lua

@Suite struct LuaVMTests {
    @Test func `an error of a Swift function names the place that called it`() throws {
        let lua = try TestVM()
        lua.vm.stack.push(function: "refuse") { stack throws(LuaError) in throw .message("no") }
        lua.vm.stack.setField("refuse", of: globals(of: lua.vm))
        lua.vm.stack.setCount(0)
        let failure = #expect(throws: LuaFailure.self) { try lua.run("local x = 1\nrefuse()") }
        #expect(failure?.message == "test.lua:2: no")
        #expect(try lua.run("return tostring(select(2, pcall(refuse)))") == "no")
    }

    @Test func `a bad argument is reported in Lua's words`() throws {
        let lua = try TestVM()
        lua.vm.stack.push(function: "digest") { stack throws(LuaError) in
            throw .argument(1, expected: "string expected, got nil")
        }
        lua.vm.stack.setField("digest", of: globals(of: lua.vm))
        lua.vm.stack.setCount(0)
        let failure = #expect(throws: LuaFailure.self) { try lua.run("digest()") }
        #expect(failure?.message == "test.lua:1: bad argument #1 to 'digest' (string expected, got nil)")
    }

    @Test func `memory beyond the limit is refused to Lua and the VM lives on`() throws {
        let lua = try TestVM(memoryLimit: 4 << 20)
        let failure = #expect(throws: LuaFailure.self) { try lua.run("local t = {} for i = 1, 1e9 do t[i] = {} end") }
        #expect(failure?.message == "not enough memory")
        #expect(lua.vm.memoryUsed <= 4 << 20 + 4 << 16)
        #expect(try lua.run("return 'alive'") == "alive")
    }

    @Test func `a string function cannot use memory beyond the limit`() throws {
        let lua = try TestVM(memoryLimit: 4 << 20)
        #expect(
            throws: LuaFailure(
                message: "not enough memory", traceback: ["[C]: in function 'rep'", "test.lua:1: in main chunk"])
        ) {
            try lua.run("local x = string.rep('x', 100000000) return 1")
        }
    }

    @Test func `a traceback names functions and lines`() throws {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) {
            try lua.run(
                "local function inner()\n  error('deep')\nend\nlocal function outer()\n  inner()\n  return 1\nend\nouter()"
            )
        }
        #expect(
            failure?.traceback == [
                "[C]: in function 'error'", "test.lua:2: in function 'inner'", "test.lua:5: in function 'outer'",
                "test.lua:8: in main chunk",
            ])
    }

    @Test func `a traceback of a runaway recursion is short`() throws {
        let lua = try TestVM(memoryLimit: 256 << 20)
        let failure = #expect(throws: LuaFailure.self) {
            try lua.run("local function f() return 1 + f() end return f()")
        }
        #expect(failure?.message.contains("stack overflow") == true)
        #expect(failure.map { $0.traceback.count < 30 && $0.traceback.contains { $0.contains("(skipping") } } == true)
    }

    @Test func `threads are reused with empty stacks`() throws {
        let lua = try TestVM()
        for _ in 0..<100 { #expect(try lua.run("return ...") == "") }
        let used = lua.vm.memoryUsed
        for _ in 0..<1000 { _ = try? lua.run("error('x')") }
        #expect(lua.vm.stack.count == 0)
        _ = try lua.run("local t = {} for i = 1, 100000 do t = { i } end")
        #expect(lua.vm.memoryUsed < 2 * used)
    }

    @Test(arguments: [(true, "luafunc:2: not a number"), (false, "not a number")])
    func `a chunk compiled once runs in any VM, and its errors name its lines where it has them`(
        _ hasLines: Bool, _ message: String
    ) throws {
        let chunk = LuaChunk(
            "local value = ...\nif value == true then error 'not a number' end return value + 1", hasLines: hasLines)
        for value in [1, 2] {
            let lua = try TestVM()
            let stack = lua.vm.stack
            defer { withExtendedLifetime(lua) {} }
            stack.push(Int64(value))
            try stack.run(chunk, arguments: 1)
            #expect(stack.integer(at: -1) == Int64(value) + 1)
            stack.push(true)
            let failure = #expect(throws: LuaFailure.self) { try stack.run(chunk, arguments: 1) }
            #expect(failure?.message == message)
        }
    }

    private func globals(of vm: LuaVM) -> Int {
        _ = try? vm.stack.run(LuaChunk("return _G"), arguments: 0)
        vm.stack.insert(at: 1)
        return 1
    }
}

@Suite struct DeferredTableTests {
    /// Each expression over the deferred table `t` of `{"a":1,"b":[1,2],"n":null}` must be true.
    @Test(arguments: [
        "t.a == 1", "t['b'][2] == 2", "t.nothing == nil and t[1] == nil and t[2] == nil", "rawget(t, 'a') == 1",
        "next(t) ~= nil",
        "getmetatable(t) == nil", "rawlen(t) == 0 and #t == 0", "t.n == nil", "type(t) == 'table'",
        "(function() local n = 0 for k, v in pairs(t) do n = n + 1 end return n == 2 end)()",
        "(function() local n = 0 for k, v in next, t do n = n + 1 end return n == 2 end)()",
        "(function() t.c = 3 return t.a == 1 and t.c == 3 end)()",
        "(function() rawset(t, 'c', 3) return t.a == 1 and rawget(t, 'c') == 3 end)()",
        "(function() setmetatable(t, { __index = function() return 7 end }) return t.a == 1 and t.x == 7 end)()",
        "select('#', table.unpack(t)) == 0", "rawequal(t, t) and t == t", "#t.b == 2",
    ])
    func `a script cannot tell a deferred table from a plain one`(_ expression: String) throws {
        let lua = try TestVM()
        try lua.pushDeferred(#"{"a":1,"b":[1,2],"n":null}"#)
        #expect(try lua.evaluate("local t = ... return \(expression)"))
        #expect(lua.vm.stack.count == 0)
    }

    @Test(arguments: [
        "t[1] == 10 and t[3] == 30", "#t == 3", "table.concat(t, ' ') == '10 20 30'",
        "select('#', table.unpack(t)) == 3",
        "(function() local n = 0 for i, v in ipairs(t) do n = n + v end return n == 60 end)()",
        "(function() table.insert(t, 40) return #t == 4 and t[4] == 40 end)()",
        "(function() table.sort(t, function(a, b) return a > b end) return t[1] == 30 end)()",
    ])
    func `a deferred list behaves like a list`(_ expression: String) throws {
        let lua = try TestVM()
        try lua.pushDeferred("[10,20,30]")
        #expect(try lua.evaluate("local t = ... return \(expression)"))
    }

    @Test(arguments: [#"{"a":[1,{}]}"#, "[1,2,3]", "{ }", "[ ]", #"{"a":{"b":{"c":[]}}}"#])
    func `a deferred table is written with its members`(_ text: String) throws {
        let lua = try TestVM()
        try lua.pushDeferred(text)
        try lua.vm.writer.append(at: -1, of: lua.vm.stack)
        #expect(lua.vm.writer.text == text.filter { $0 != " " })
    }

    @Test func `a mistake in a deferred value is found immediately`() throws {
        let lua = try TestVM()
        #expect(throws: JSONError.self) { try lua.pushDeferred(#"{"a":[1,}"#) }
    }
}

@Suite struct SandboxTests {
    /// Forbidden code, and the error message that a script gets.
    @Test(arguments: [
        ("io.tmpfile()", "io.tmpfile is not available in a function: a function cannot write files"),
        ("io.popen('x')", "io.popen is not available in a function: a function cannot start programs"),
        ("io.read()", "io.read is not available in a function: there is no standard input"),
        ("io.output('x')", "io.output of a file is not available"),
        ("io.write({})", "bad argument #1 to 'write' (string expected, got table)"),
        ("io.stdout.write('x')", "bad argument #1 to 'write' (standard stream expected, got string)"),
        ("os.execute('ls')", "os.execute is not available in a function: a function cannot start programs"),
        ("os.exit()", "os.exit is not available in a function: return from the handler"),
        ("os.remove('x')", "use a blob binding"),
        ("os.rename('x', 'y')", "use a blob binding"),
        ("os.tmpname()", "a function cannot write files"),
        ("dofile('x')", "put the file in lib/ and use require"),
        ("loadfile('x')", "put the file in lib/ and use require"),
        (
            "debug.getlocal(1, 1)",
            "test.lua:1: debug.getlocal is not available in a function: only debug.traceback and debug.getinfo can look"
        ),
        ("debug.getregistry()", "debug.getregistry is not available"),
        ("debug.sethook(print, 'l')", "debug.sethook is not available"),
        ("debug.setmetatable('', {})", "debug.setmetatable of anything but a table is not available"),
        ("debug.setmetatable(print, {})", "debug.setmetatable of anything but a table is not available"),
        ("debug.setmetatable(io.stdout, {})", "debug.setmetatable of anything but a table is not available"),
        ("debug.setmetatable({}, { __gc = print })", "__gc is not available in a metatable"),
        ("debug.getinfo(1, 'x')", "bad argument #2 to 'getinfo' (invalid option)"),
        ("debug.getinfo(1, '>S')", "bad argument #2 to 'getinfo' (invalid option)"),
        ("debug.getinfo({})", "bad argument #1 to 'getinfo' (number expected, got table)"),
        ("package.loadlib('x', 'y')", "package.loadlib is not available"),
        ("collectgarbage('all')", "bad argument #1 to 'collectgarbage' (invalid option 'all')"),
        ("load('return 1', 'x', 'b')", "load takes only text chunks"),
        ("setmetatable({}, { __gc = print })", "__gc is not available in a metatable"),
        ("warn({})", "bad argument #1 to 'warn' (string expected, got table)"),
        ("string.dump(print)", "attempt to call a nil value (field 'dump')"),
        ("require('nothing')", "module 'nothing' not found"),
        ("require(1)", "bad argument #1 to 'require' (string expected, got number)"),
        ("require('loop')", "module 'loop' requires itself while it is loading"),
        ("require('broken')", "lib/broken.lua:1: "),
        ("getmetatable('').__index = nil", "attempt to index a boolean value"),
    ])
    func `the error of a forbidden function says what to use instead`(_ script: String, _ sentence: String) throws {
        let lua = try TestVM(modules: ["loop": "return require 'loop'", "broken": "return ="])
        let failure = #expect(throws: LuaFailure.self) { try lua.run(script) }
        #expect(failure?.message.contains(sentence) == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [
        "return load('return 1 + 1')() == 2", "return load(function() return nil end) ~= nil",
        "return load('return x', 'n', 't', { x = 5 })() == 5", "return load('return', 'n', 'bt') ~= nil",
        "return not load('\\27Lua')", "return type(debug.traceback()) == 'string'",
        "return collectgarbage('count') > 0", "return os.time() > 0 and os.clock() >= 0 and os.date('!%Y') ~= nil",
        "return require('m').n == 1 and require('m') == require('m') and package.loaded.m == require('m')",
        "return require('none') == true", "return getmetatable('') == false", "return ('x'):rep(3) == 'xxx'",
        "return io.type(io.stdout) == 'file' and io.type({}) == nil and _G._G == _G",
        "package.preload.p = function() return 9 end return require 'p' == 9",
        "local t <close> = setmetatable({}, { __close = function() end }) return true",
    ])
    func `allowed functions work as in Lua`(_ script: String) throws {
        let lua = try TestVM(modules: ["m": "return { n = 1 }", "none": ""])
        #expect(try lua.run(script) == "true")
    }

    @Test func `the globals are those of the allow-list`() throws {
        let lua = try TestVM()
        let names = try lua.run(
            "local n = {} for k in pairs(_G) do n[#n + 1] = k end table.sort(n) return table.concat(n, ' ')")
        #expect(
            names == """
                _G _VERSION assert collectgarbage coroutine debug dofile error getmetatable io ipairs load loadfile math \
                next os package pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table \
                tonumber tostring type utf8 warn xpcall
                """)
    }

    @Test func `after sealing, a new global is an error`() throws {
        let lua = try TestVM()
        _ = try lua.run("declared = 1")
        lua.vm.sealGlobals()
        #expect(try lua.run("declared = 2 return declared") == "2")
        let failure = #expect(throws: LuaFailure.self) { try lua.run("\nnew = 1") }
        #expect(
            failure?.message
                == "test.lua:2: assignment to undeclared global 'new': write 'local new = ...', or declare it "
                + "at the top level of the script")
    }

    @Test func `print writes its arguments with tabs between`() throws {
        let lua = try TestVM()
        _ = try lua.run("print('a', 1, nil, setmetatable({}, { __tostring = function() return 'T' end }))")
        #expect(lua.printed == ["a\t1\tnil\tT"])
    }
}
