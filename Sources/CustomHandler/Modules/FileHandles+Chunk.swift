import Lua

extension FileHandles {
    /// The handles follow Lua's liolib.c, also in their messages.
    static let chunk = LuaChunk(
        #"""
        local other_type, open_file, next_piece, demand, new_handle, wrap, fail = ...
        local byte, find, format, match, sub = string.byte, string.find, string.format, string.match, string.sub
        local concat, pack, unpack = table.concat, table.pack, table.unpack
        local math_type, next, select, setmetatable = math.type, next, select, setmetatable
        local tointeger, tonumber, tostring, type = math.tointeger, tonumber, tostring, type

        -- The state of each handle: the file's path, version and size; the last piece, where it begins in the file
        -- (at), and the position in it (pos).
        local states = setmetatable({}, { __mode = "k" })

        local function bad_argument(index, name, message)
            fail(format("bad argument #%d to '%s' (%s)", index, name, message))
        end

        local function state_of(file, name)
            local state = type(file) == "userdata" and states[file]
            if not state then
                local got = file == nil and "no value" or type(file)
                fail(format("bad argument #1 to '%s' (FILE* expected, got %s); call it with a colon: file:%s()",
                    name, got, name))
            end
            if state.closed then fail "attempt to use a closed file" end
            return state
        end

        -- Reads the next piece once the last one is used up. Returns false at the end of the file.
        local function fill(state)
            local start = state.at + #state.piece
            if start >= state.size then return false end
            local piece, message, code = next_piece(state.path, state.version, start, state.size - start)
            if not piece then return nil, state.name .. sub(message, #state.path + 1), code end
            state.at, state.piece, state.pos = start, piece, 1
            return true
        end

        -- The next byte, which stays; nil at the end.
        local function peek(state)
            if state.pos > #state.piece then
                local more, message, code = fill(state)
                if not more then return nil, message, code end
            end
            return byte(state.piece, state.pos)
        end

        -- Each reader returns a value, or nil at the end, or nil, a message and a code.

        local function read_line(state, keeps)
            local parts
            while true do
                local first, message, code = peek(state)
                if not first then
                    if message then return nil, message, code end
                    return parts and concat(parts)
                end
                local piece, pos = state.piece, state.pos
                local newline = find(piece, "\n", pos, true)
                local text = sub(piece, pos, newline and (keeps and newline or newline - 1) or #piece)
                state.pos = (newline or #piece) + 1
                if newline and not parts then return text end
                parts = parts or {}
                parts[#parts + 1] = text
                if newline then return concat(parts) end
            end
        end

        local function read_count(state, count)
            local first, message, code = peek(state)
            if not first then return nil, message, code end
            if count == 0 then return "" end
            local parts = {}
            while count > 0 do
                first, message, code = peek(state)
                if not first then
                    if message then return nil, message, code end
                    break
                end
                local text = sub(state.piece, state.pos, state.pos + count - 1)
                state.pos = state.pos + #text
                count = count - #text
                parts[#parts + 1] = text
            end
            return #parts == 1 and parts[1] or concat(parts)
        end

        local function read_all(state)
            local left = state.size - state.at - state.pos + 1
            if left <= 0 then return "" end
            -- A text for which there is no room is refused before all of it is read.
            demand(left)
            local text, message, code = read_count(state, left)
            if message then return nil, message, code end
            return text or ""
        end

        local function read_number(state)
            local text, length, isLong = {}, 0, false
            -- Takes the next byte if it matches. As in Lua, a text of more than 200 bytes is not a number.
            local function take(pattern)
                local next_byte = peek(state)
                local letter = next_byte and sub(state.piece, state.pos, state.pos)
                if not letter or not match(letter, pattern) or isLong then return false end
                isLong = length == 200
                if isLong then return false end
                length = length + 1
                text[length] = letter
                state.pos = state.pos + 1
                return true
            end
            local function digits(pattern)
                local count = 0
                while take(pattern) do count = count + 1 end
                return count
            end
            local next_byte, message, code = peek(state)
            while next_byte and (next_byte == 32 or next_byte >= 9 and next_byte <= 13) do
                state.pos = state.pos + 1
                next_byte, message, code = peek(state)
            end
            if message then return nil, message, code end
            take "[+-]"
            local digit, exponent, count = "%d", "[eE]", 0
            if take "0" then
                if take "[xX]" then digit, exponent = "%x", "[pP]" else count = 1 end
            end
            count = count + digits(digit)
            if take "%." then count = count + digits(digit) end
            if count > 0 and take(exponent) then
                take "[+-]"
                digits "%d"
            end
            return not isLong and tonumber(concat(text)) or nil
        end

        local function read_format(state, wanted, index)
            if type(wanted) == "number" then
                local count = tointeger(wanted)
                if not count or count < 0 then
                    bad_argument(index, "read", count and "not a number of bytes"
                        or "number has no integer representation")
                end
                return read_count(state, count)
            end
            if type(wanted) ~= "string" then
                bad_argument(index, "read", "string expected, got " .. type(wanted))
            end
            local kind = match(wanted, "^%*?([nlLa])")
            if kind == "l" then return read_line(state, false) end
            if kind == "L" then return read_line(state, true) end
            if kind == "a" then return read_all(state) end
            if kind == "n" then return read_number(state) end
            bad_argument(index, "read", "invalid format")
        end

        -- Reads by several formats, up to the first that fails.
        local function read(state, ...)
            local count = select("#", ...)
            if count == 0 then return read_line(state, false) end
            if count == 1 then
                local value, message, code = read_format(state, (...), 1)
                if message then return nil, message, code end
                return value
            end
            local results = {}
            for index = 1, count do
                local value, message, code = read_format(state, (select(index, ...)), index)
                if message then return nil, message, code end
                results[index] = value
                if value == nil then return unpack(results, 1, index) end
            end
            return unpack(results, 1, count)
        end

        local function close(file) states[file].closed, states[file].piece = true, "" end

        -- The iterator of lines. It closes the file at its end if nobody else can.
        local function iterator(file, closes, ...)
            local formats = pack(...)
            if formats.n > 250 then fail "bad argument #252 to 'lines' (too many arguments)" end
            local function finish(first, ...)
                if first then return first, ... end
                if ... then fail((...)) end
                if closes then close(file) end
                return nil
            end
            return wrap(function()
                local state = states[file]
                if state.closed then fail "file is already closed" end
                return finish(read(state, unpack(formats, 1, formats.n)))
            end)
        end

        local function refuse_writing(name)
            return nil, name .. ": a function cannot write files; write to a blob output binding, or keep the data in a "
                .. "queue or a table", 9
        end

        local methods = {
            read = function(file, ...)
                local state = state_of(file, "read")
                return read(state, ...)
            end,
            lines = function(file, ...)
                state_of(file, "lines")
                return iterator(file, false, ...)
            end,
            seek = function(file, whence, offset)
                local state = state_of(file, "seek")
                if whence == nil then whence = "cur" end
                local start = whence == "set" and 0 or whence == "cur" and state.at + state.pos - 1
                    or whence == "end" and state.size
                if not start then bad_argument(1, "seek", format("invalid option '%s'", tostring(whence))) end
                if offset == nil then offset = 0 end
                local moved = tointeger(offset)
                if not moved then
                    bad_argument(2, "seek", math_type(offset) and "number has no integer representation"
                        or "number expected, got " .. type(offset))
                end
                local place = start + moved
                if place < 0 then return nil, "Invalid argument", 22 end
                if place >= state.at and place <= state.at + #state.piece then
                    state.pos = place - state.at + 1
                else
                    state.at, state.piece, state.pos = place, "", 1
                end
                return place
            end,
            close = function(file)
                state_of(file, "close")
                close(file)
                return true
            end,
            write = function(file)
                local state = state_of(file, "write")
                return refuse_writing(state.name)
            end,
            flush = function(file)
                state_of(file, "flush")
                return true
            end,
            setvbuf = function(file)
                state_of(file, "setvbuf")
                return true
            end,
        }
        for name, method in next, methods do methods[name] = wrap(method) end

        local Handle = { __name = "FILE*", __metatable = false, __index = methods }
        function Handle.__close(file) close(file) end
        function Handle.__tostring(file)
            if states[file].closed then return "file (closed)" end
            return format("file (%p)", file)
        end

        local function open(path)
            local place, version, size, piece = open_file(path)
            if not place then return nil, version, size end
            local file = new_handle(Handle)
            states[file] = { name = path, path = place, version = version, size = size, at = 0, piece = piece, pos = 1 }
            return file
        end

        local function check_path(path, name)
            if type(path) == "number" then return tostring(path) end
            if type(path) ~= "string" then
                bad_argument(1, name, "string expected, got " .. (path == nil and "no value" or type(path)))
            end
            return path
        end

        return {
            open = function(path, mode)
                path = check_path(path, "open")
                if mode ~= nil and (type(mode) ~= "string" or not match(mode, "^[rwa]%+?b*$")) then
                    bad_argument(2, "open", "invalid mode")
                end
                if mode and (byte(mode) ~= 114 or find(mode, "+", 1, true)) then return refuse_writing(path) end
                return open(path)
            end,
            lines = function(path, ...)
                if path == nil then fail "io.lines needs a path: a function has no standard input" end
                path = check_path(path, "lines")
                local file, message = open(path)
                if not file then fail(format("cannot open file '%s' (%s)", path, sub(message, #path + 3))) end
                return iterator(file, true, ...), nil, nil, file
            end,
            type = function(...)
                if select("#", ...) == 0 then bad_argument(1, "type", "value expected") end
                local value = ...
                local state = type(value) == "userdata" and states[value]
                if state then return state.closed and "closed file" or "file" end
                return other_type(value)
            end,
        }
        """#)
}
