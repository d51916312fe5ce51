internal import CLua

/// Shows a table as people write it: `{ id = 7, items = { "a", "b" }, name = "x" }`, for `print`, the log and the
/// messages of errors.
///
/// It is written in Lua, so that a time slice can end inside it and `__tostring` may take long or wait. It is bounded in
/// depth and length. A VM opens it when a script first shows a table.
///
/// With a layout, it shows any value, and breaks the lines of a table that is wider than `layout.width` bytes.
/// `layout.levels` is the depth, and `layout.describe(value)` makes the text of what is neither a table nor a string.
public enum TableText {
    /// The local function `less`, which orders the keys of a table: numbers, texts, false, true, then all others.
    public static let keyOrder = """
        local ranks = { number = 1, string = 2, boolean = 3 }
        local function less(a, b)
            local one, other = ranks[type(a)] or 4, ranks[type(b)] or 4
            if one ~= other then return one < other end
            if one < 3 then return a < b end
            return one == 3 and b and not a
        end
        """

    /// The chunk gets a function `field(table, name)`, which reads a field of the table's metatable, and returns the
    /// function that makes the text of a table, or of any value with a layout.
    static let chunk = LuaChunk(
        #"""
        local field = ...
        local next, pcall, rawget, tostring, type = next, pcall, rawget, tostring, type
        local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub
        local rep, is_utf8 = string.rep, utf8.len
        local concat, insert, integer = table.concat, table.insert, math.type

        -- The most levels, elements of a table, bytes of a text inside a table, and bytes in all.
        local most_levels, most_elements, most_text, most_bytes = 4, 100, 1000, 16384

        local words = {}
        for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then "
            .. "true until while"):gmatch "%a+" do words[word] = true end

        local function cut(text, most)
            most = most or most_text
            if #text <= most then return text, "" end
            local last = most
            -- A character of UTF-8 has up to three more bytes, which begin with the bits 10.
            while last > most - 3 and (byte(text, last + 1) & 0xc0) == 0x80 do last = last - 1 end
            return sub(text, 1, last), "…"
        end

        local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }
        local function escape(character) return escapes[character] or format("\\x%02X", byte(character)) end

        -- With `is_exact`, bytes that are no UTF-8 are shown as numbers.
        local function quote(text, most, is_exact)
            local rest
            text, rest = cut(text, most)
            local special = (not is_exact or is_utf8(text)) and '[%c"\\]' or '[%c"\\\128-\255]'
            return '"' .. gsub(text, special, escape) .. '"' .. rest
        end

        \#(keyOrder)

        -- The first keys, in order, of those that are not 1 to `count`, and the number of all of these.
        local function keys_of(t, count, most)
            local keys, kept, all = {}, 0, 0
            for key in next, t do
                if integer(key) ~= "integer" or key < 1 or key > count then
                    all = all + 1
                    if kept < most or most > 0 and less(key, keys[kept]) then
                        local low, high = 1, kept + 1
                        while low < high do
                            local middle = (low + high) // 2
                            if less(key, keys[middle]) then high = middle else low = middle + 1 end
                        end
                        insert(keys, low, key)
                        if kept < most then kept = kept + 1 else keys[kept + 1] = nil end
                    end
                end
            end
            return keys, all
        end

        local show

        local function add(out, text)
            out.count = out.count + 1
            out[out.count] = text
            out.bytes = out.bytes + #text
        end

        local function add_value(out, value, level)
            local kind = type(value)
            if kind == "string" then return add(out, quote(value, level == 0 and most_bytes or most_text, out.width)) end
            if kind ~= "table" then return add(out, (out.describe or tostring)(value)) end
            show(out, value, level)
        end

        -- Whether a table needs more than one line. An attempt ends soon after the width.
        local function is_wide(out, t, level)
            if not out.width then return false end
            local most = out.width - 2 * level
            local line = { bytes = 0, count = 0, open = out.open, most = most, levels = out.levels }
            line.describe = out.describe
            show(line, t, level)
            return line.bytes > most
        end

        function show(out, t, level)
            -- This fills a table whose members are made on first access. Only then does it have its metatable.
            local is_empty = next(t) == nil
            if field(t, "__tostring") then
                local ok, text = pcall(tostring, t)
                local rest
                text, rest = cut(ok and text or "(__tostring failed: " .. tostring(text) .. ")")
                return add(out, text .. rest)
            end
            local name = field(t, "__name")
            if type(name) == "string" then add(out, cut(name) .. " ") end
            if is_empty then return add(out, "{}") end
            if out.open[t] then return add(out, "<cycle>") end
            if level == out.levels then return add(out, "{…}") end
            local first, between, last = " ", ", ", " }"
            if is_wide(out, t, level) then
                local margin = "\n" .. rep("  ", level)
                first, between, last = margin .. "  ", "," .. margin .. "  ", margin .. "}"
            end
            out.open[t] = true
            add(out, "{")
            local shown, left = 0, false
            local function begin()
                if out.bytes > out.most then
                    left = true
                    return false
                end
                add(out, shown == 0 and first or between)
                shown = shown + 1
                return true
            end
            local list = 0
            while list < most_elements and rawget(t, list + 1) ~= nil do list = list + 1 end
            local keys, others = keys_of(t, list, most_elements - list)
            for index = 1, list do
                if not begin() then break end
                add_value(out, rawget(t, index), level + 1)
            end
            for index = 1, left and 0 or #keys do
                if not begin() then break end
                local key = keys[index]
                if type(key) ~= "string" then
                    add(out, "[")
                    add_value(out, key, level + 1)
                    add(out, "] = ")
                elseif words[key] or #key > most_text or not find(key, "^[%a_][%w_]*$") then
                    add(out, "[" .. quote(key) .. "] = ")
                else
                    add(out, key .. " = ")
                end
                add_value(out, rawget(t, key), level + 1)
            end
            local hidden = list + others - shown
            if hidden > 0 then add(out, (shown == 0 and first or between) .. "… " .. hidden .. " more") end
            add(out, last)
            out.open[t] = nil
        end

        return function(t, layout)
            local out = { bytes = 0, count = 0, open = {}, most = most_bytes, levels = most_levels }
            if layout then
                out.width, out.levels, out.describe = layout.width, layout.levels, layout.describe
                add_value(out, t, 0)
                return concat(out, "", 1, out.count)
            end
            local _ = next(t)
            if field(t, "__tostring") then return tostring(t) end
            show(out, t, 0)
            return concat(out, "", 1, out.count)
        end
        """#, hasLines: false)
}

extension LuaStack {
    /// Pushes the Lua function that makes the text of a table. [+1]
    public func pushTableText() throws(LuaError) {
        guard let vm else { return pushNil() }
        if let function = vm.tableText { return push(function) }
        push(function: "field") { stack throws(LuaError) in
            guard stack.type(at: 1) == .table, lua_getmetatable(stack.state, 1) != 0 else {
                stack.pushNil()
                return 1
            }
            stack.pushValue(at: 2)
            stack.replaceKey(of: -2)
            return 1
        }
        do throws(LuaFailure) {
            try run(TableText.chunk, arguments: 1)
        } catch {
            throw .message(error.message)
        }
        pushValue(at: -1)
        vm.tableText = reference()
    }
}
