/// The table library for tables with metamethods. It is written in Lua, so that a metamethod may take long or wait; C
/// could not allow that. A VM makes these functions when it meets the first such table.
enum TableFallbacks {
    static let chunk = LuaChunk(
        #"""
        local concat, error, format, rawequal, select, sort, tointeger, tonumber, type, ult, unpack = ...
        local maxinteger = 0x7fffffffffffffff

        -- Errors name the line of the script, which is two calls up, because a C function lies in between.
        local function bad(argument, name, reason)
            error(format("bad argument #%d to '%s' (%s)", argument, name, reason), 4)
        end

        local function integer(value, argument, name)
            local number = type(value) == "string" and tonumber(value) or value
            if type(number) ~= "number" then bad(argument, name, "number expected, got " .. type(value)) end
            return tointeger(number) or bad(argument, name, "number has no integer representation")
        end

        local function length(t)
            local n = #t
            return tointeger(type(n) == "string" and tonumber(n) or n) or error("object length is not an integer", 4)
        end

        local tables = {}

        function tables.insert(t, ...)
            local last = length(t) + 1
            local count = select("#", ...)
            if count == 1 then t[last] = ... return end
            if count ~= 2 then error("wrong number of arguments to 'insert'", 3) end
            local position, value = ...
            position = integer(position, 2, "insert")
            if not ult(position - 1, last) then bad(2, "insert", "position out of bounds") end
            for i = last, position + 1, -1 do t[i] = t[i - 1] end
            t[position] = value
        end

        function tables.remove(t, ...)
            local last = length(t)
            local position = ...
            position = position == nil and last or integer(position, 2, "remove")
            if select("#", ...) > 0 and position ~= last and ult(last, position - 1) then
                bad(1, "remove", "position out of bounds")
            end
            local value = t[position]
            while position < last do
                t[position] = t[position + 1]
                position = position + 1
            end
            t[position] = nil
            return value
        end

        function tables.move(from, first, last, to, into)
            first, last, to = integer(first, 2, "move"), integer(last, 3, "move"), integer(to, 4, "move")
            if into == nil then into = from end
            if last >= first then
                if not (first > 0 or last < maxinteger + first) then bad(3, "move", "too many elements to move") end
                if to > maxinteger - (last - first + 1) + 1 then bad(4, "move", "destination wrap around") end
                if to > last or to <= first or not rawequal(into, from) then
                    for i = 0, last - first do into[to + i] = from[first + i] end
                else
                    for i = last - first, 0, -1 do into[to + i] = from[first + i] end
                end
            end
            return into
        end

        function tables.concat(t, separator, first, last)
            local all = length(t)
            if separator == nil then
                separator = ""
            elseif type(separator) ~= "string" and type(separator) ~= "number" then
                bad(2, "concat", "string expected, got " .. type(separator))
            end
            first = first == nil and 1 or integer(first, 3, "concat")
            last = last == nil and all or integer(last, 4, "concat")
            local texts, count = {}, 0
            for i = first, last do
                local text = t[i]
                if type(text) ~= "string" and type(text) ~= "number" then
                    error(format("invalid value (%s) at index %d in table for 'concat'", type(text), i), 3)
                end
                count = count + 1
                texts[count] = text
            end
            return concat(texts, separator)
        end

        function tables.unpack(t, first, last)
            first = first == nil and 1 or integer(first, 2, "unpack")
            last = last == nil and length(t) or integer(last, 3, "unpack")
            if first > last then return end
            if not ult(last - first, 1000000) then error("too many results to unpack", 3) end
            local values, count = {}, 0
            for i = first, last do
                count = count + 1
                values[count] = t[i]
            end
            return unpack(values, 1, count)
        end

        function tables.sort(t, comparator)
            local count = length(t)
            if count < 2 then return end
            if count >= 2147483647 then bad(1, "sort", "array too big") end
            if comparator ~= nil and type(comparator) ~= "function" then
                bad(2, "sort", "function expected, got " .. type(comparator))
            end
            local values = {}
            for i = 1, count do values[i] = t[i] end
            sort(values, comparator, count)
            for i = 1, count do t[i] = values[i] end
        end

        return tables
        """#, hasLines: false)
}
