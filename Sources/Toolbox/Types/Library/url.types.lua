---@meta luafunc.url

---@class luafunc.url
local url = {}

---Path and query stay encoded.
---@class luafunc.URL
---@field scheme? string
---@field user? string
---@field password? string
---@field host? string
---@field port? integer
---@field path? string
---@field query? string
---@field fragment? string

---Escapes everything but letters, digits, `-`, `.`, `_` and `~`.
---@param s string
---@return string
function url.encode(s) end

---The bytes. A `%` before anything other than two hexadecimal digits stays, and so does `+`.
---@param s string
---@return string
function url.decode(s) end

---The parts of a URL; or nil and a message.
---@param s string
---@return luafunc.URL? parts
---@return string? message
function url.parse(s) end

---A query such as `a=1&b=x%20y`, sorted by name, without `?`.
---@param t table<string, string|number|boolean>
---@return string
function url.query(t) end

return url
