import JSON
import Testing

@testable import Lua

/// Tests how `print` and the messages of errors show tables.
@Suite struct TableTextTests {
    @Test(
        arguments: [
            ("{}", "{}"), ("{ 1, 2.5, 'a', true }", #"{ 1, 2.5, "a", true }"#),
            ("{ name = 'x', id = 7, items = { 'a', 'b' } }", #"{ id = 7, items = { "a", "b" }, name = "x" }"#),
            ("{ 1, nil, 3 }", "{ 1, [3] = 3 }"),
            ("{ [0] = 1, [-1] = 2, [1.5] = 3 }", "{ [-1] = 2, [0] = 1, [1.5] = 3 }"),
            ("{ 1, x = 2, [true] = 3, [false] = 4 }", "{ 1, x = 2, [false] = 4, [true] = 3 }"),
            (
                "{ ['a b'] = 1, ['end'] = 2, [''] = 3, _x9 = 4, ['9x'] = 5 }",
                #"{ [""] = 3, ["9x"] = 5, _x9 = 4, ["a b"] = 1, ["end"] = 2 }"#
            ),
            (#"{ '"\\\n\r\t\1\127é' }"#, #"{ "\"\\\n\r\t\x01\x7Fé" }"#),
            ("{ null }", "{ null }"), ("{ { { { { 1 } } } } }", "{ { { { {…} } } } }"),
            ("{ { { { {} } } } }", "{ { { { {} } } } }"),
            ("(function() local t = { n = 1 } t.me = { t } return t end)()", "{ me = { <cycle> }, n = 1 }"),
            ("(function() local t = {} return { t, t } end)()", "{ {}, {} }"),
            ("{ [{ 1 }] = 2 }", "{ [{ 1 }] = 2 }"),
            ("setmetatable({ 1 }, { __tostring = function() return 'me' end })", "me"),
            ("{ setmetatable({ 1 }, { __tostring = function() return 'me' end }) }", "{ me }"),
            ("{ setmetatable({ 1 }, { __tostring = function() error('no', 0) end }) }", "{ (__tostring failed: no) }"),
            ("{ setmetatable({ 1 }, { __tostring = function() return 5 end }) }", "{ 5 }"),
            ("setmetatable({ 1 }, { __name = 'point' })", "point { 1 }"),
            ("setmetatable({ 1 }, { __index = error, __len = error, __pairs = error, __metatable = 1 })", "{ 1 }"),
            ("{ ('x'):rep(1001) }", #"{ ""# + String(repeating: "x", count: 1000) + #""… }"#),
            ("{ ('x'):rep(999) .. 'é' }", #"{ ""# + String(repeating: "x", count: 999) + #""… }"#),
            (
                "(function() local t = {} for i = 1, 196 do t[i] = 0 end return t end)()",
                "{ " + String(repeating: "0, ", count: 100) + "… 96 more }"
            ),
            (
                "(function() local t = { 'a' } for i = 1, 300 do t['k' .. i] = 0 end return #tostring(t) > 0 and t end)()",
                nil
            ),
            ("(function() local t = {} for i = 0, 62 do t[1 << i] = 0 end return t end)()", nil),
        ] as [(String, String?)])
    func `print shows a table as one would write it`(_ expression: String, _ text: String?) throws {
        let lua = try TestVM()
        lua.vm.stack.pushNull()
        let code = "local null = ... local t = \(expression) print(t) print(t) return true"
        #expect(try lua.evaluate(code))
        #expect(lua.printed.count == 2 && lua.printed.first == lua.printed.last)
        if let text { #expect(lua.printed.first == text) } else { #expect(lua.printed.first?.hasPrefix("{ ") == true) }
    }

    @Test func `of a table with many keys, the first ones are shown, the same each time`() throws {
        let code = """
            local t = {}
            for i = 10000, 1, -1 do t[("k%05d"):format(i)] = i end
            print(t)
            """
        for _ in 0..<2 {
            let lua = try TestVM()
            _ = try lua.run(code)
            let text = try #require(lua.printed.first)
            #expect(text.hasPrefix("{ k00001 = 1, k00002 = 2, "))
            #expect(text.hasSuffix(", k00100 = 100, … 9900 more }"))
        }
    }

    @Test func `the text of a table is bounded`() throws {
        let lua = try TestVM()
        let code = """
            local t = {}
            for i = 1, 100 do t[i] = {} for j = 1, 100 do t[i][j] = {} for k = 1, 100 do t[i][j][k] = k end end end
            print(t)
            local long = {} for i = 1, 100 do long[('x'):rep(2000) .. i] = ('y'):rep(2000) end
            print(long)
            print(setmetatable({}, { __name = ('n'):rep(1e6) }))
            print { setmetatable({}, { __tostring = function() return ('n'):rep(1e6) end }) }
            """
        _ = try lua.run(code)
        #expect(lua.printed.count == 4 && lua.printed.allSatisfy { $0.utf8.count < 20_000 })
        #expect(lua.printed.first?.hasSuffix(" more }, … 99 more }") == true)
    }

    @Test func `print still separates its arguments with tabs, and raises what __tostring raises`() throws {
        let lua = try TestVM()
        _ = try lua.run("print('a', { 1 }, nil, 2, { b = 'c' })")
        #expect(lua.printed == ["a\t{ 1 }\tnil\t2\t{ b = \"c\" }"])
        let bad = "return select(2, pcall(print, setmetatable({}, { __tostring = function() return {} end })))"
        #expect(try lua.run(bad).contains("'__tostring' must return a string"))
        #expect(try lua.run("return tostring({}):match('^table: ') ~= nil and 'stock'") == "stock")
    }

    @Test func `a table that is filled on first access is shown like any other`() throws {
        let lua = try TestVM()
        try lua.pushDeferred(#"{"b":[1,{"c":2}],"a":"x","list":[],"object":{}}"#)
        #expect(try lua.evaluate("print(...) return true"))
        #expect(lua.printed == [#"{ a = "x", b = { 1, { c = 2 } }, list = {}, object = {} }"#])
    }

    @Test func `__tostring may change the table and print others meanwhile`() throws {
        let lua = try TestVM()
        let code = """
            local t = { 1, 2, 3 }
            t[1] = setmetatable({}, { __tostring = function() print { 'inner' } t[2] = nil t[3] = nil return 'first' end })
            print(t)
            """
        _ = try lua.run(code)
        #expect(lua.printed == [#"{ "inner" }"#, "{ first, nil, nil }"])
    }

    @Test(arguments: [
        ("{ code = 5 }", #"{"code":5}"#), ("{ f = print, t = 1 }", "{ f = function: "),
        ("(function() local t = { n = 1 } t.me = t return t end)()", "{ me = <cycle>, n = 1 }"),
        ("{ 1, x = 2 }", "{ 1, x = 2 }"), ("{ '\\xff' }", "{ \"\u{fffd}\" }"),
        ("setmetatable({ f = print }, { __tostring = function() return 'me' end })", "me"),
    ])
    func `an error that is a table is readable`(_ expression: String, _ text: String) throws {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) { try lua.run("error(\(expression))") }
        #expect(failure?.message.contains(text) == true, "\(failure?.message ?? "")")
    }

    @Test func `a VM does not open the formatter until a table is shown`() throws {
        let lua = try TestVM()
        _ = try lua.run("print('a', 1, nil)")
        #expect(lua.vm.tableText == nil)
        _ = try lua.run("print {}")
        #expect(lua.vm.tableText != nil)
    }
}
