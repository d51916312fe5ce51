/// A Lua script that calls the functions of the string and utf8 libraries that have no patterns, with random arguments.
/// It returns the results as text, one per line. `seed` and `count` are set before it.
enum RandomTexts {
    static let script = #"""
        local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n + 1 end
        local function pick(list) return list[random(#list)] end
        local lines = {}
        local function show(...)
          local t = { n = select("#", ...), ... }
          for i = 1, t.n do local v = t[i] t[i] = type(v) == "string" and string.format("%q", v) or type(v) == "table" and "T" or tostring(v) end
          return table.concat(t, " ")
        end
        local function print(...) lines[#lines + 1] = table.concat({ ... }, " ") end
        local parts = { "a", "B", "\0", "é", "漢", "😀", "\x80", "\xff", "\u{7FFFFFFF}", "\u{D800}", "\xc0\x80", "" }
        local function text() local t = {} for i = 1, random(7) - 1 do t[i] = pick(parts) end return table.concat(t) end
        local numbers = { 1, 2, 3, 4, 5, 0, -1, -2, -3, 7, "2", 2.0, 2.5, "x", 100, -100, math.maxinteger, math.mininteger }
        local function number() if random(3) > 1 then return random(9) - 3 end return numbers[random(18)] end
        local function maybe(v) if random(3) == 1 then return nil end return v end
        local codes = { 65, 0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff, 0x110000, 0x1fffff, 0x200000, 0x3ffffff, 0x4000000, 0x7fffffff, 0x80000000, -1, "66", 1.5, "x" }
        for i = 1, count do
          local op, s, line = random(8), text()
          if op == 1 then line = show(pcall(string.rep, s, (tonumber(number()) or 3.5) % 50, maybe(text())))
          elseif op == 2 then line = show(pcall(string.upper, s), pcall(string.lower, s))
          elseif op == 3 then line = show(pcall(string.reverse, s))
          elseif op == 4 or op == 5 then line = show(pcall(utf8.len, s, maybe(number()), maybe(number()), maybe(true)))
          elseif op == 6 or op == 7 then line = show(pcall(utf8.offset, s, number(), maybe(number())))
          else line = show(pcall(utf8.char, maybe(pick(codes)), pick(codes), pick(codes))) end
          print(i, op, show(s), line)
        end
        local function sum(s) local n = 0 for i = 1, #s, 97 do n = (n * 31 + s:byte(i)) % 1000000007 end return #s .. ":" .. n .. ":" .. s:sub(-20) end
        for _, s in ipairs { "x", "ab", "hello, World ", ("q7"):rep(50000) } do
          for _, n in ipairs { 1, 2, 3, 7, 5000, 70001 } do
            if #s * n < 5e6 then for _, sep in ipairs { "", ",", "; sep" } do
              local r = s:rep(n, sep)
              print(sum(r), sum(r:upper()), sum(r:lower()), sum(r:reverse()), show(utf8.len(r)), show(utf8.offset(r, n)), show(utf8.offset(r, -n)))
            end end
          end
        end
        for _, name in ipairs { "rep", "upper", "lower", "reverse", "format", "pack", "packsize", "unpack" } do
          print(name, show(pcall(string[name])), show(pcall(string[name], {})), show(pcall(string[name], "x", {})), show(pcall(string[name], "x", 1, {})))
        end
        print(show(pcall(string.rep, "ab", math.maxinteger)), show(pcall(string.rep, "ab", 1 << 40, ("x"):rep(1 << 24))), show(("x"):rep(0)), show(("x"):rep(-5)), show((""):rep(1e6)))
        print(show(string.format("%5d|%-5s|%q|%.3f", 42, "x", "a\n", 1 / 3)), show(string.pack("<i4z", 7, "abc")), show(string.unpack("<i4z", string.pack("<i4z", 7, "abc"))), string.packsize("i4c10"))
        print(show(tostring(nil), tostring(1.5), tostring("x"), pcall(tostring)), show(pcall(tostring, setmetatable({}, { __tostring = function() return 5 end }))),
          show(pcall(tostring, setmetatable({}, { __tostring = function() return {} end }))), show(pcall(tostring, setmetatable({}, { __tostring = function() error "no" end }))),
          show(tostring(setmetatable({}, { __name = "N" })):gsub("0x%x+", "")))
        for _, f in ipairs { "%s", "%5s|%-5s|", "%%%s", "%s%%s", "%.2s%s", "%s %d", "%q %s", "%s%", "%d%s", "%s %s %s", "%-+ #05s", "%5%s", "%p", "", "%s\0%s" } do
          for _, v in ipairs { "x", 5, false, setmetatable({}, { __tostring = function() return "T" end }), setmetatable({}, { __tostring = function() return 2.5 end }),
            setmetatable({}, { __tostring = function() return {} end }), setmetatable({}, { __tostring = function() error "no" end }),
            setmetatable({}, { __tostring = function() return "a\0b" end }), setmetatable({}, { __name = "N" }), setmetatable({}, { __tostring = true }), {} } do
            print(f, (show(pcall(string.format, f, v)):gsub("0x%x+", "")), (show(pcall(string.format, f, v, v)):gsub("0x%x+", "")), (show(pcall(string.format, f, 1, v, "z")):gsub("0x%x+", "")))
          end
        end
        print(show(utf8.char()), show(utf8.char(72, 228, 8364, 0x10FFFF)), show(utf8.codepoint("äöü", 1, -1)), utf8.charpattern)
        for p, c in utf8.codes("aé漢") do print(p, c) end
        return table.concat(lines, "\n")
        """#
}
