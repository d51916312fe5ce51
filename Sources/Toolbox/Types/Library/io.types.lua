---@meta _

---Reads the app's own files, and writes to the log. Nothing else can be opened, and nothing written.
io = {}

---A file of the app. It needs no closing.
---@class luafunc.File
local File = {}

---@alias luafunc.ReadFormat "n"|"a"|"l"|"L"|integer

---Reads by formats, a line without one. nil at the end; nil and a message if the file has changed meanwhile.
---@param ... luafunc.ReadFormat
---@return string|number|nil value
---@return any ...
function File:read(...) end

---An iterator over the lines, or over what the formats read.
---@param ... luafunc.ReadFormat
---@return fun(): any
function File:lines(...) end

---Moves the place of the next read, and returns it in bytes from the beginning.
---@param whence? "set"|"cur"|"end"
---@param offset? integer
---@return integer? place
---@return string? message
function File:seek(whence, offset) end

---Ends the use of the file.
---@return true
function File:close() end

---A function cannot write files: nil and a message, except for `io.stdout` and `io.stderr`.
---@param ... string|number
---@return luafunc.File? file
---@return string? message
function File:write(...) end

---It has no effect.
---@return luafunc.File
function File:flush() end

---It has no effect.
---@param mode? "no"|"full"|"line"
---@param size? integer
---@return true
function File:setvbuf(mode, size) end

---Leads to the log, at level `info`.
---@type luafunc.File
io.stdout = {}

---Leads to the log, at level `error`.
---@type luafunc.File
io.stderr = {}

---A file of the app; or nil, a message and a code. The path is relative to the app, wherever the script is.
---@param path string
---@param mode? "r"|"rb"
---@return luafunc.File? file
---@return string? message
---@return integer? code
function io.open(path, mode) end

---An iterator over the lines of a file of the app. It raises an error if the file cannot be opened.
---@param path string
---@param ... luafunc.ReadFormat
---@return fun(): any
function io.lines(path, ...) end

---Writes to the log at level `info`. Each line becomes a line of the log.
---@param ... string|number
---@return luafunc.File
function io.write(...) end

---`io.stdout`.
---@return luafunc.File
function io.output() end

---What kind of file the value is; nil if it is none.
---@param value any
---@return "file"|"closed file"|nil
function io.type(value) end

---It has no effect.
---@return luafunc.File
function io.flush() end

---Closes the file. For `io.stdout` it has no effect.
---@param file? luafunc.File
---@return true
function io.close(file) end
