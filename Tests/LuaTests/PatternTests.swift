import CLua
import Testing

@testable import Lua

/// Compares string.find, match, gmatch and gsub with those of the stock library, which is linked but not available to
/// scripts.
@Suite struct PatternTests {
    @Test(arguments: 1...4)
    func `patterns give what stock Lua gives`(_ seed: Int) throws {
        let script = "local seed, count = \(seed), 3000\n\(RandomPatterns.script)"
        let lua = try TestVM()
        let expected = try StockLua.run(script).split(separator: "\n")
        let found = try lua.run(script).split(separator: "\n")
        #expect(expected.count > 3000)
        for (expected, found) in zip(expected, found) where expected != found {
            Issue.record("stock: \(expected)\nours:  \(found)")
        }
        #expect(found.count == expected.count)
    }

    @Test func `a slice may end at every step, and a script cannot tell`() throws {
        let script = "local seed, count = 5, 400\n\(RandomPatterns.script)"
        let lua = try TestVM()
        let (found, slices) = try lua.runInSlices(script, stride: 1)
        #expect(try StockLua.run(script) == found)
        #expect(slices > 10_000)
    }

    /// Each call would take seconds or years without a check. The checks are counted, not timed.
    @Test(arguments: [
        "('a'):rep(24):find(('a*'):rep(12) .. 'b')", "('('):rep(100000):find('%b()')",
        "(' '):rep(20000):match('^(.-)%s*x$')", "(' '):rep(100000):find('%s+$x')", "('a'):rep(1e6):find('[^a]')",
        "('a'):rep(1e6):find('a*b')", "('x'):rep(1e7):find('xy', 1, true)", "('a'):rep(1e6):match('(.-)b')",
        "('('):rep(1e6):find('%b()')", "('x'):rep(1e5):gsub('', ('%0'):rep(1e5))",
        "('x'):rep(1e6):gsub('y*', '')", "('x'):rep(1e6):gsub('x', string.upper)",
        "('x'):rep(1e5):find('[' .. ('ab'):rep(5000) .. ']')", "('a-'):rep(300000):gsub('[a-]', { a = 'b' })",
        "(function() for _ in ('a'):rep(1e6):gmatch('a-b') do end end)()",
    ])
    func `a long search looks every few thousand steps whether its slice is over`(_ call: String) throws {
        let lua = try TestVM()
        #expect(try lua.countSlices("return \(call)", most: 20) == 20)
    }

    @Test func `the function of gsub may wait, and its slice may end`() throws {
        let lua = try TestVM()
        let script = """
            local n = 0
            local text = ("abc"):gsub("%a", function(c) for i = 1, 50 do n = n + 1 end return coroutine.wrap(function()
                return c:upper():gsub("B", function() return "b" end) end)() end)
            return text .. n
            """
        #expect(try lua.runInSlices(script, stride: 1).text == "AbC150")
        #expect(
            try lua.run(
                """
                local co = coroutine.wrap(function() return (("abc"):gsub("%a", function(c) return coroutine.yield(c) end)) end)
                return co() .. co("1") .. co("2") .. co("3")
                """) == "abc123")
    }

    @Test func `gsub's replacement can come from a metamethod that takes several slices`() throws {
        let lua = try TestVM()
        let script = """
            local t = setmetatable({}, { __index = function(_, k) for i = 1, 100 do end return k == "b" and "<" .. k .. ">" end })
            return (("abc"):gsub("%a", t))
            """
        #expect(try lua.runInSlices(script, stride: 1).text == "a<b>c")
    }

    @Test func `a pattern too long to be read at each character is refused`() throws {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) {
            try lua.run("return ('x'):find('[' .. ('a'):rep(2e6) .. ']')")
        }
        #expect(failure?.message == "test.lua:1: pattern too long (2000002 bytes; at most 1048576)")
        #expect(try lua.run("return tostring(('x'):find(('a'):rep(2e6)))") == "nil")
    }
}
