import Lua

extension TestPrelude {
    /// Compares values and describes the first differences. The chunk gets `show(table)`, `mark(table)`, which returns
    /// "array" or "object" for a table that is marked for JSON, and `fail(message)`. It returns the functions `same`,
    /// `differences` and `brief`.
    ///
    /// Whatever is shown is bounded, so that a message stays readable. Comparing takes as long as the values are large;
    /// it is Lua code, so that the limits of the test apply.
    static let difference = LuaChunk(
        #"""
        local show, mark, wrap, fail = ...
        local math_type, next, rawget, rawlen, tostring, type = math.type, next, rawget, rawlen, tostring, type
        local byte, find, format, gsub, rep, sub = string.byte, string.find, string.format, string.gsub, string.rep, string.sub
        local codepoint, length_of, to_utf8 = utf8.codepoint, utf8.len, utf8.char
        local concat, insert = table.concat, table.insert

        -- The most bytes of a value, differences, levels of nesting, and bytes of a text on one line. `around` is the
        -- number of bytes that are shown before and after the first difference of two texts.
        local most_value, most_differences, most_levels, most_line, around = 400, 10, 500, 60, 36

        -- Texts ---------------------------------------------------------------------------------------------------

        local escapes = { [9] = "\\t", [10] = "\\n", [13] = "\\r", [34] = '\\"', [92] = "\\\\" }

        -- Characters without a picture of their own, as pairs of first and last.
        local invisible = { 0x80, 0xa0, 0xad, 0xad, 0x300, 0x36f, 0x1680, 0x1680, 0x2000, 0x200f, 0x2028, 0x202f,
            0x205f, 0x206f, 0x3000, 0x3000, 0xfe00, 0xfe0f, 0xfeff, 0xfeff, 0xe0000, 0x7fffffff }

        -- The number of bytes of the character at a place, and how it is shown.
        local function character(text, place)
            local first = byte(text, place)
            if escapes[first] then return 1, escapes[first] end
            if first < 32 or first == 127 then return 1, format("\\x%02X", first) end
            if first < 128 then return 1, sub(text, place, place) end
            if not length_of(text, place, place) then return 1, format("\\x%02X", first) end
            local code = codepoint(text, place)
            local size = #to_utf8(code)
            for index = 1, #invisible, 2 do
                if code >= invisible[index] and code <= invisible[index + 1] then
                    return size, format("\\u{%X}", code)
                end
            end
            return size, sub(text, place, place + size - 1)
        end

        -- The bytes from `first` to `last` as they are shown, and the number of characters of that.
        local function escape(text, first, last)
            local shown, width = {}, 0
            while first <= last do
                local size, picture = character(text, first)
                shown[#shown + 1] = picture
                width = width + (length_of(picture) or #picture)
                first = first + size
            end
            return concat(shown), width
        end

        -- The nearest place, not after `place`, at which a character begins.
        local function start_of(text, place)
            local start = place
            while start > 1 and start > place - 4 and (byte(text, start) or 0) & 0xc0 == 0x80 do start = start - 1 end
            return start
        end

        local function quote(text, most)
            if #text <= most then return '"' .. escape(text, 1, #text) .. '"' end
            return '"' .. escape(text, 1, start_of(text, most + 1) - 1) .. '"…'
        end

        -- A short text of any value.
        local function brief(value, most)
            most = most or most_value
            local kind = type(value)
            if kind == "string" then return quote(value, most) end
            if kind == "table" then
                local text = show(value)
                return #text <= most and text or sub(text, 1, start_of(text, most + 1) - 1) .. " …"
            end
            if kind == "userdata" and tostring(value) == "null" then return "json.null" end
            return tostring(value)
        end

        -- The first place at which two texts differ.
        local function first_difference(a, b)
            local place = 1
            while place <= #a and sub(a, place, place + 1023) == sub(b, place, place + 1023) do place = place + 1024 end
            while byte(a, place) == byte(b, place) do place = place + 1 end
            return start_of(a, place)
        end

        -- The part of a text around a place in the line that begins at `start`, and the width of what is before it.
        local function window(text, start, place)
            local first = start_of(text, place - start > around and place - around or start)
            local stop = find(text, "\n", place, true) or #text
            local last = stop
            if last > place + around then last = start_of(text, place + around) - 1 end
            local before, width = escape(text, first, place - 1)
            local after = escape(text, place, last)
            local head, tail = first > start and "…" or "", last < stop and "…" or ""
            return head .. '"' .. before .. after .. '"' .. tail, width + (first > start and 2 or 1)
        end

        -- U+0041 for the character at a place.
        local function code_at(text, place)
            if place > #text then return "the end" end
            return length_of(text, place, place) and format("U+%04X", codepoint(text, place)) or "no UTF-8"
        end

        local function texts(expected, got)
            local place = first_difference(expected, got)
            local note = ""
            -- Some letters of different alphabets look the same.
            if (byte(expected, place) or 0) > 127 or (byte(got, place) or 0) > 127 then
                note = format(" (%s, not %s)", code_at(got, place), code_at(expected, place))
            end
            if #expected <= most_line and #got <= most_line and not find(expected, "\n", 1, true)
                and not find(got, "\n", 1, true) then
                return "expected " .. quote(expected, most_line) .. ", got " .. quote(got, most_line) .. note
            end
            local line, start = 1, 1
            while true do
                local stop = find(expected, "\n", start, true)
                if not stop or stop >= place then break end
                line, start = line + 1, stop + 1
            end
            local shown, width = window(expected, start, place)
            local column = (length_of(expected, start, place - 1) or place - start) + 1
            return format("the texts differ at line %d, column %d%s:\n  expected %s\n  got      %s\n           %s^",
                line, column, note, shown, (window(got, start, place)), rep(" ", width))
        end

        -- Comparing -----------------------------------------------------------------------------------------------

        -- Whether two tables are empty and marked as different things for JSON. It fills tables that are made lazily.
        local function are_other_kinds(a, b)
            if next(a) ~= nil or next(b) ~= nil then return false end
            local one, other = mark(a), mark(b)
            return one ~= nil and other ~= nil and one ~= other
        end

        -- Whether two values are equal, tables member by member. With `partly`, an expected table that is not a list
        -- need not name all members. `seen` has the pairs of tables that are being compared.
        local is_too_deep
        local function same(expected, got, partly, seen, level)
            if expected == got or expected ~= expected and got ~= got then return true end
            if type(expected) ~= "table" or type(got) ~= "table" or are_other_kinds(expected, got) then return false end
            if level > most_levels then
                is_too_deep = true
                return true
            end
            local others = seen[expected]
            if others and others[got] then return true end
            if not others then
                others = {}
                seen[expected] = others
            end
            others[got] = true
            for key, value in next, expected do
                local other = rawget(got, key)
                if other == nil or not same(value, other, partly, seen, level + 1) then return false end
            end
            if not partly or rawlen(expected) > 0 then
                for key in next, got do
                    if rawget(expected, key) == nil then return false end
                end
            end
            return true
        end

        \#(TableText.keyOrder)

        -- The first keys, in order, whose members differ, and whether there are more.
        local function differing(expected, got, partly, most)
            local keys, more = {}, false
            local function add(key)
                if #keys == most then
                    more = true
                    if most == 0 or not less(key, keys[most]) then return end
                    keys[most] = nil
                end
                local place = #keys + 1
                while place > 1 and less(key, keys[place - 1]) do place = place - 1 end
                insert(keys, place, key)
            end
            for key, value in next, expected do
                local other = rawget(got, key)
                if other == nil or not same(value, other, partly, {}, 1) then add(key) end
            end
            if not partly or rawlen(expected) > 0 then
                for key in next, got do
                    if rawget(expected, key) == nil then add(key) end
                end
            end
            return keys, more
        end

        local function step(key)
            if type(key) ~= "string" then return "[" .. brief(key, 40) .. "]" end
            return find(key, "^[%a_][%w_]*$") and #key <= 40 and "." .. key or "[" .. quote(key, 40) .. "]"
        end

        local function contrast(expected, got)
            if type(expected) == "string" and type(got) == "string" then return texts(expected, got) end
            if type(expected) == "table" and type(got) == "table" then
                return format("expected an empty JSON %s, got an empty JSON %s", mark(expected), mark(got))
            end
            local one, other = brief(expected), brief(got)
            -- Lua shows numbers with 14 digits.
            if one == other and math_type(expected) and math_type(got) then
                one, other = format("%.17g", expected), format("%.17g", got)
            end
            return "expected " .. one .. ", got " .. other
        end

        local function collect(out, path, expected, got, partly)
            if type(expected) ~= "table" or type(got) ~= "table" or are_other_kinds(expected, got) then
                out[#out + 1] = path .. ": " .. gsub(contrast(expected, got), "\n", "\n  ")
                return
            end
            -- A pair inside itself has been described already.
            if out.open[expected] == got then return end
            out.open[expected] = got
            local keys, more = differing(expected, got, partly, most_differences - #out)
            out.more = out.more or more
            for _, key in next, keys do
                if #out >= most_differences then
                    out.more = true
                    return
                end
                local value, other = rawget(expected, key), rawget(got, key)
                local place = #path < 400 and path .. step(key) or path .. "…"
                if other == nil then
                    out[#out + 1] = place .. ": missing, expected " .. brief(value, 200)
                elseif value == nil then
                    out[#out + 1] = place .. ": unexpected, got " .. brief(other, 200)
                else
                    collect(out, place, value, other, partly)
                end
            end
        end

        -- A text that says how two values differ.
        local function differences(expected, got, partly)
            if type(expected) ~= "table" or type(got) ~= "table" or are_other_kinds(expected, got) then
                return contrast(expected, got)
            end
            local out = { open = {} }
            collect(out, "", expected, got, partly)
            if out.more then out[#out + 1] = "…" end
            local text = "the tables differ:\n  " .. concat(out, "\n  ")
            local one, other = show(expected), show(got)
            if #one <= most_value and #other <= most_value then
                text = text .. "\nexpected " .. one .. "\ngot      " .. other
            end
            return text
        end

        return {
            brief = brief, differences = differences,
            same = function(expected, got, partly)
                is_too_deep = false
                local is_same = same(expected, got, partly, {}, 1)
                if is_same and is_too_deep then
                    fail(format("the tables are nested more than %d levels deep; compare parts of them", most_levels))
                end
                return is_same
            end,
        }
        """#, hasLines: false)
}
