import Testing

@testable import Lua

/// Tests other functions of the standard library that luafunc implements itself, or that are refused because they would
/// take too long.
@Suite struct LibraryTests {
    @Test func `text functions give what stock Lua gives`() throws {
        let script = "local seed, count = 1, 3000\n\(RandomTexts.script)"
        let lua = try TestVM()
        let expected = try StockLua.run(script).split(separator: "\n")
        let found = try lua.run(script).split(separator: "\n")
        #expect(expected.count > 3000)
        for (expected, found) in zip(expected, found) where expected != found {
            Issue.record("stock: \(expected)\nours:  \(found)")
        }
        #expect(found.count == expected.count)
    }

    @Test(arguments: [
        "('x'):rep(3e6)", "('xyz'):rep(1e6, ', ')", "('x'):rep(3e6):upper()", "('x'):rep(3e6):reverse()",
        "utf8.len(('x'):rep(3e6))", "utf8.offset(('x'):rep(3e6), 3e6)", "utf8.offset(('\\x80'):rep(3e6), 0, 3e6)",
        "utf8.char(table.unpack(t))",
    ])
    func `long texts are made and read in slices`(_ call: String) throws {
        let lua = try TestVM()
        #expect(
            try lua.countSlices("local t = table.pack(('kWa0z!'):rep(7000):byte(1, -1)) return \(call)", most: 8) == 8)
    }

    @Test(arguments: [
        ("(''):rep(math.maxinteger)", ""), ("('x'):rep(math.maxinteger, 'y')", "resulting string too large"),
        ("('%d'):rep(1001):format(table.unpack(t, 1, 1001))", "too many values for 'format' (1001; at most 1000)"),
        (
            "('\\0%q'):format(('x'):rep(1e6))",
            "too long for '%q' of 'format' (1000000 bytes; at most 262144)"
        ),
        (
            "('%q'):format(('x'):rep(1e6))",
            "too long for '%q' of 'format' (1000000 bytes; at most 262144)"
        ),
        ("('x'):rep(5e6):format()", "format too long (5000000 bytes; at most 4194304)"),
        ("string.pack(('b'):rep(1e5))", "format too long (100000 bytes; at most 65536)"),
        ("string.packsize(('<'):rep(1e5))", "format too long (100000 bytes; at most 65536)"),
        ("string.pack('c2147483647', '')", "the 'c' items of the format are too long (at most 8388608 bytes together)"),
        ("os.date(('%c'):rep(1e5))", "format of a date too long (at most 4096 bytes)"),
        (
            "select(2, load(('x = 1 '):rep(2e5)))",
            "text too long for load (1200000 bytes; at most 1048576); keep data as JSON"
        ),
        (
            "select(2, load('if a then ' .. ('elseif a then '):rep(5000) .. 'end'))",
            "text too complex for load (more than 4000 of 'and', 'or', 'elseif', 'break', 'goto' and '::'); put it into "
                + "files, and use require"
        ),
        ("table.unpack({}, 1, 1e8)", "too many results to unpack"),
        (
            "(function() local t = {} setmetatable(t, { __call = t }) return t() end)()",
            "'__call' chain too long; possible loop"
        ),
        (
            "(function() local t = print for i = 1, 3000 do t = setmetatable({}, { __call = t }) end t() end)()",
            "'__call' chain too long; possible loop"
        ),
    ])
    func `absurd counts are refused, or take no time`(_ call: String, _ sentence: String) throws {
        let lua = try TestVM()
        let script = """
            local t = {} for i = 1, 5001 do t[i] = i end
            local ok, result = pcall(function() return \(call) end)
            return (tostring(result):gsub("^test.lua:%d+: ", ""))
            """
        #expect(try lua.run(script) == sentence)
    }

    @Test func `callable tables may be called by callable tables`() throws {
        let lua = try TestVM()
        let script = """
            local n = 0
            local t = function(...) n = n + select("#", ...) end
            for i = 1, 100 do t = setmetatable({}, { __call = t }) end
            for i = 1, 3000 do t() end
            return n
            """
        #expect(try lua.run(script) == "300000")
    }

    @Test func `load reads pieces from a function and returns its error`() throws {
        let lua = try TestVM()
        #expect(
            try lua.run(
                """
                local function reader(pieces) return function() return table.remove(pieces, 1) end end
                local f = load(reader { "return ", "'a", "b'", "", "x" })
                local _, first = load(function() error("no", 0) end)
                local _, second = load(function() return 5 end)
                local _, third = load(reader { "x", " x" })
                return table.concat({ f(), first, second, third }, "; ")
                """) == "ab; no; reader function must return a string; (load):1: syntax error near 'x'")
    }

    @Test func `string.format may wait for a __tostring`() throws {
        let lua = try TestVM()
        #expect(
            try lua.run(
                """
                local t = setmetatable({}, { __tostring = function() return coroutine.yield("asks") end })
                local co = coroutine.wrap(function() return ("%5s|%%|%d|%-4s|%q"):format(t, 7, t, "q") end)
                return co() .. co("told") .. co(12)
                """) == "asksasks told|%|7|12  |\"q\"")
    }

    @Test func `tostring may wait, and names of functions are found in the libraries alone`() throws {
        let lua = try TestVM()
        #expect(
            try lua.run(
                """
                local t = setmetatable({}, { __tostring = function() return coroutine.yield("asks") end })
                local co = coroutine.wrap(function() return tostring(t) end)
                return co() .. co("told")
                """) == "askstold")
        #expect(
            try lua.run(
                """
                local mine = function() error("x") end
                package.loaded.big = { mine = mine }
                local _, trace = xpcall(mine, debug.traceback)
                local _, message = pcall(string.rep)
                return tostring(trace:find("big.mine", 1, true)) .. message
                """) == "nilbad argument #1 to 'string.rep' (string expected, got no value)")
    }
}
