/// A Lua script that calls the pattern functions with random arguments, many of them malformed, and returns the results
/// as text, one per line. `seed` and `count` are set before it.
enum RandomPatterns {
    static let script = #"""
        local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n + 1 end
        local function pick(list) return list[random(#list)] end
        local letters = { "a", "b", "c", "x", " ", "1", ".", "(", ")", "[", "]", "\0", "%", "\200", "A" }
        local function subject()
          local t = {}
          for i = 1, random(14) - 1 do t[i] = random(3) == 1 and pick(letters) or pick { "a", "b" } end
          return table.concat(t)
        end
        local items = { "a", "b", "c", ".", "%a", "%s", "%d", "%W", "%p", "%%", "%.", "[ab]", "[^a]", "[a-c]", "[%a_]", "[]]", "[^]]", "[a-]", "x", " ", "\0", "%z", "%x", "%g",
          "%b()", "%bab", "%f[a]", "%f[%A]", "%f[^a]", "%1", "%2", "()", "%0", "\200", "$", "^", "%l","%u","%c" }
        local odd = { "%", "[", "[a", "[%", "%b", "%bx", "%f", "%fa", ")", "(", "]", "*", "-", "+", "?", "[^", "[]" }
        local suffix = { "", "", "", "*", "+", "-", "?" }
        local function pattern()
          local t = {}
          if random(6) == 1 then t[1] = "^" end
          local open = 0
          for i = 1, random(6) do
            local r = random(24)
            if r <= 3 then t[#t + 1] = "(" open = open + 1
            elseif r <= 5 and open > 0 then t[#t + 1] = ")" open = open - 1
            elseif r == 6 and random(3) == 1 then t[#t + 1] = pick(odd)
            else t[#t + 1] = pick(items) .. pick(suffix) end
          end
          if random(8) > 1 then t[#t + 1] = (")"):rep(open) end
          if random(6) == 1 then t[#t + 1] = "$" end
          return table.concat(t)
        end
        local repls = { "", "x", "%0", "%1", "[%1]", "%2", "%%", "%", "%x", "a%0b%1", 7, 1.5, { a = "1", b = false, ab = 3, [1] = "pos" , c = {} }, {}, nil, true,
          setmetatable({}, { __index = function(_, k) return k ~= "a" and "<" .. tostring(k) .. ">" end }),
          function(a, b) return nil end, function(a, b) return a end, function(a, b) return b end, function(...) return select("#", ...) .. tostring(...) end,
          function() return {} end, function() return false end, function(a) if a == "b" then error("no") end return "" end,
          function(a) return (tostring(a):gsub(".", function(c) return c .. c end)) end }
        local inits = { nil, nil, nil, 1, 2, 3, 5, -1, -2, -3, 0, 100, -100, "2", 1.0, 1.5, "x", math.mininteger, math.maxinteger }
        local function show(...)
          local t = { n = select("#", ...), ... }
          for i = 1, t.n do local v = t[i] t[i] = type(v) == "string" and string.format("%q", v) or tostring(v):gsub("0x%x+", "") end
          return table.concat(t, " ")
        end
        local lines = {}
        local function print(...) lines[#lines + 1] = table.concat({ ... }, " ") end
        for i = 1, count do
          local s, p = subject(), pattern()
          local op = random(6)
          local line
          if op == 1 then line = show(pcall(string.find, s, p, inits[random(19)]))
          elseif op == 2 then line = show(pcall(string.match, s, p, inits[random(19)]))
          elseif op == 3 then
            line = show(pcall(function()
              local all, n = {}, 0
              local init = inits[random(19)]
              for a, b in string.gmatch(s, p, init) do n = n + 1 all[n] = tostring(a) .. "," .. tostring(b) end
              return table.concat(all, ";")
            end))
          elseif op == 4 then line = show(pcall(string.find, s, subject():sub(1, 2), inits[random(19)], true))
          else
            line = show(pcall(string.gsub, s, p, repls[random(23)], random(3) == 1 and inits[random(19)] or nil))
          end
          print(i, op, line)
        end
        -- limits
        if count < 1000 then return table.concat(lines, "\n") end
        for n = 196, 203 do
            for _, p in ipairs { ("a?"):rep(n), ("(a"):rep(n), ("a*"):rep(n), ("a-"):rep(n) .. "$" } do
                print(n, show(pcall(string.find, ("a"):rep(n), p)))
            end
        end
        for n = 30, 34 do
            print(n, show(pcall(string.find, ("a"):rep(n), ("(a)"):rep(n))), show(pcall(string.find, "a", ("()"):rep(n))))
        end
        for _, name in ipairs { "find", "match", "gmatch", "gsub" } do
            print(show(pcall(string[name])), show(pcall(string[name], "a")), show(pcall(string[name], {}, "a")))
        end
        print(show(pcall(string.gsub, "a", "b")), show(pcall(string.gsub, "a", "b", "c", "d")), show(string.find(12, 2)))
        for _, text in ipairs { ("ab"):rep(20000) .. "cabc", ("ab"):rep(200000) .. "cabc" } do
            print(show(text:find(("ab"):rep(1000) .. "c", 1, true)), show(text:find("bca", 5, true)), show(text:find("cb", 1, true)),
                show(text:find(text, 1, true)), show(text:find("", 7, true)), #text:gsub("b", ""), #text:gsub("a", "%0%0%0"))
        end
        return table.concat(lines, "\n")
        """#
}
