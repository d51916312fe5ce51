/// A Lua script that calls the table functions with random tables, with and without metamethods, and random arguments.
/// It returns the results as text, one per line. `seed` and `count` are set before it.
enum RandomTables {
    static let script = #"""
        local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n + 1 end
        local function pick(list) return list[random(#list)] end
        local lines = {}
        local function show(...)
          local t = { n = select("#", ...), ... }
          for i = 1, t.n do local v = t[i] t[i] = type(v) == "string" and string.format("%q", v) or type(v) == "table" and "T" or tostring(v) end
          return table.concat(t, " ")
        end
        local function print(...) lines[#lines + 1] = (table.concat({ ... }, " "):gsub("'table%.", "'")) end
        local function dump(t) local s = {} for k, v in next, t do s[#s + 1] = show(k) .. "=" .. show(v) end table.sort(s) return table.concat(s, ",") end
        local function list()
          local t = {}
          for i = 1, random(9) - 1 do t[i] = pick { 1, 2, "a", "b", 3.5, i, i, i } end
          if random(10) == 1 then t[random(8)] = nil end
          if random(20) == 1 then t[random(8)] = {} end
          if random(6) == 1 then setmetatable(t, pick {
            {}, { __index = function(_, k) return "i" .. tostring(k) end }, { __len = function() return 5 end },
            { __len = function() return "x" end }, { __len = function() return "3" end }, { __len = function() return 2.5 end }, { __newindex = function(t, k, v) rawset(t, k, tostring(v)) end },
            { __index = { "p", "q", "r", "s", "t" } } }) end
          return t
        end
        local numbers = { 1, 1, 2, 3, 4, 5, 0, -1, -2, 7, "2", 2.0, 2.5, "x", nil, math.maxinteger, math.mininteger, math.maxinteger - 1, math.mininteger + 1 }
        local function number() return numbers[random(19)] end
        local function small() return random(4) - 2 end
        for i = 1, count do
          local t, op, line = list(), random(9)
          if op == 1 then line = show(pcall(table.insert, t, pick { "v", 7, false }))
          elseif op == 2 then line = show(pcall(table.insert, t, number(), pick { "v", 7 }))
          elseif op == 3 then line = show(pcall(table.remove, t))
          elseif op == 4 then line = show(pcall(table.remove, t, number()))
          elseif op == 5 then local a, b = number(), number()
            a, b = tonumber(a), tonumber(b)
            if a and b and a < b and b + 0.0 - a > 100 then b = a + 3 end
            line = show(pcall(table.move, t, a, b, pick { 1, 2, 3, 5, math.maxinteger, 0, -1 }, random(3) == 1 and list() or nil))
          elseif op == 6 then line = show(pcall(table.concat, t, pick { "", ",", 1 }))
          elseif op == 7 then line = show(pcall(table.concat, t, ", ", small(), random(8)))
          elseif op == 8 then line = show(pcall(table.unpack, t, random(2) == 1 and number() or nil, random(2) == 1 and small() or nil))
          else line = show(pcall(table.sort, t, pick { false, function(a, b) return tostring(a) < tostring(b) end } or nil)) end
          -- A function called by pcall has no name but a qualified one; luafunc's Lua code calls itself by the short one.
          -- A sort that failed leaves the elements in any order.
          print(i, op, line, op == 9 and line:find "^false" and "" or dump(t))
        end
        for _, n in ipairs { 0, 1, 2, 3, 4, 5, 10, 99, 100, 101, 102, 150, 1000, 3000 } do
          for kind = 1, 7 do
            local t = {}
            for i = 1, n do
              t[i] = kind == 1 and random(n) or kind == 2 and i or kind == 3 and -i or kind == 4 and "s" .. random(n) or kind == 5 and random(3)
                or kind == 6 and setmetatable({ random(n) }, { __lt = function(a, b) return a[1] < b[1] end, __tostring = function(a) return a[1] .. "" end }) or random(n) / 7
            end
            table.sort(t)
            local s = {} for i = 1, n do s[i] = tostring(t[i]) end
            print(kind, n, table.concat(s, " "))
            if kind ~= 6 then table.sort(t, function(a, b) return a > b end) end
            s = {} for i = 1, n do s[i] = tostring(t[i]) end
            print(kind, n, table.concat(s, " "))
          end
        end
        local function big(n) local t = {} for i = 1, n do t[i] = i end return t end
        print(show(pcall(table.sort, big(100), function() return true end)), show(pcall(table.sort, { 3, 1, "x" })), show(pcall(table.sort, { {}, {} })),
          show(pcall(table.sort, { 1, 2, nil, 4 , 5}, function(a, b) error("cmp") end)), show(pcall(table.sort, { 1, 2 }, 5)), show(pcall(table.sort, {}, 5)), show(pcall(table.sort, 5)),
          show(pcall(table.sort, setmetatable({}, { __len = function() return math.maxinteger end }))))
        for _, name in ipairs { "insert", "remove", "move", "concat", "unpack", "sort" } do
          for _, args in ipairs { {}, { 5 }, { {} }, { {}, {} }, { {}, 1, 2, 3, 4 }, { "x" } } do print(name, show(pcall(table[name], table.unpack(args)))) end
        end
        print(#table.concat(big(5000), ", "), table.concat(big(5000), ","):sub(-20), table.concat({}, "x"), table.concat({ 1 }, "x", 2), show(pcall(table.unpack, {}, 1, 1e7)), show(pcall(table.unpack, {}, math.mininteger, math.maxinteger)))
        local t = big(3000) for i = 1, 10 do table.insert(t, i * 100, -i) table.remove(t, i * 50) end print(table.concat(t, " "))
        t = big(2000) table.move(t, 1, 2000, 500) table.move(t, 500, 2000, 2) print(table.concat(t, " "), show(#table.move(t, 1, 2000, 1, {})))
        return table.concat(lines, "\n")
        """#
}
