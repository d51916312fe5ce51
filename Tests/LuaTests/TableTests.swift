import Testing

@testable import Lua

/// Compares the table library with the stock one.
@Suite struct TableTests {
    @Test(arguments: 1...3)
    func `table functions give what stock Lua gives`(_ seed: Int) throws {
        let script = "local seed, count = \(seed), 2000\n\(RandomTables.script)"
        let lua = try TestVM()
        let expected = try StockLua.run(script).split(separator: "\n")
        let found = try lua.run(script).split(separator: "\n")
        #expect(expected.count > 2000)
        for (expected, found) in zip(expected, found) where expected != found {
            Issue.record("stock: \(expected)\nours:  \(found)")
        }
        #expect(found.count == expected.count)
    }

    @Test func `a slice may end at every element, and a script cannot tell`() throws {
        let script = """
            local log, t = {}, {}
            for i = 1, 60 do t[i] = (i * 37) % 61 end
            local function note(list) log[#log + 1] = table.concat(list, " ") end
            table.sort(t, function(a, b) return a < b end) note(t)
            for i = 1, 60 do t[i] = "s" .. (i * 37) % 61 end
            table.sort(t) note(t)
            table.insert(t, 3, "new") note(t)
            log[#log + 1] = table.remove(t, 10) note(t)
            note(table.move(t, 2, 50, 7)) note(table.move(t, 7, 50, 2)) note(table.move(t, 1, 20, 2, {"first"}))
            local m = setmetatable({}, { __index = function(_, k) return k < 5 and "m" .. k or nil end,
                __newindex = function(t, k, v) rawset(t, k, v .. "!") end, __len = function() return 4 end })
            note(m) note { table.unpack(m) } table.insert(m, 2, "x") note(m)
            for i = 1, 9 do t[i] = setmetatable({ 10 - i }, { __lt = function(a, b) return a[1] < b[1] end }) end
            t = table.move(t, 1, 9, 1, {}) table.sort(t)
            for i = 1, 9 do log[#log + 1] = t[i][1] end
            return table.concat(log, "\\n")
            """
        let lua = try TestVM()
        let (found, slices) = try lua.runInSlices(script, stride: 8)
        #expect(try StockLua.run(script) == found)
        #expect(slices > 1000)
    }

    /// Each call would take a long time, or forever, without a check. The checks are counted, not timed.
    @Test(arguments: [
        "table.move({}, 1, math.maxinteger - 1, 2)", "table.move({}, 2, math.maxinteger, 1)",
        "table.concat(setmetatable({}, { __len = function() return 1 << 62 end, __index = function() return '' end }))",
        "table.insert(setmetatable({}, { __len = function() return 1 << 62 end }), 1, 1)",
        "table.remove(setmetatable({}, { __len = function() return 1 << 62 end }), 1)",
        "table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end }))",
    ])
    func `a long range is processed in slices`(_ call: String) throws {
        let lua = try TestVM()
        // The functions for metamethods are made once, inside a call from C, where no slice can end.
        _ = try lua.run("return table.concat(setmetatable({}, { __index = {} }))")
        #expect(try lua.runInSlices("local t = \(call)", stride: 100, most: 1000).slices == 1000)
    }

    @Test(arguments: [
        "table.insert(t, 1, 0)", "table.remove(t, 1)", "table.move(t, 1, #t, 2)", "table.concat(t)", "table.sort(t)",
        "table.sort(t, function(a, b) return a < b end)", "table.sort(t, math.ult)",
    ])
    func `a long list is processed in slices`(_ call: String) throws {
        let lua = try TestVM()
        let script = "local t = table.pack(('kWa0z!'):rep(4000):byte(1, -1)) t.n = nil return \(call)"
        #expect(try lua.countSlices(script, most: 20) == 20)
    }

    @Test func `a comparator may wait, and its slice may end`() throws {
        let lua = try TestVM()
        let script = """
            local co = coroutine.wrap(function()
                local t = { 5, 3, 1, 4, 2 }
                table.sort(t, function(a, b) return coroutine.yield(a < b) end)
                return table.concat(t)
            end)
            local result = co()
            while type(result) == "boolean" do result = co(result) end
            return result
            """
        #expect(try lua.run(script) == "12345")
    }

    @Test func `a table whose metamethods wait is processed too`() throws {
        let lua = try TestVM()
        let script = """
            local co = coroutine.wrap(function()
                return table.concat(setmetatable({}, { __len = function() return 3 end, __index = function(_, k)
                    return coroutine.yield(k)
                end }), ",")
            end)
            local result = co()
            while type(result) == "number" do result = co("k" .. result) end
            return result
            """
        #expect(try lua.run(script) == "k1,k2,k3")
        let failure = #expect(throws: LuaFailure.self) {
            try lua.run("\ntable.insert(setmetatable({}, { __index = {} }), 9, 1)")
        }
        #expect(failure?.message == "test.lua:2: bad argument #2 to 'insert' (position out of bounds)")
    }
}
