---@meta luafunc.json

---@class luafunc.json
local json = {}

---JSON's null, where nil cannot be used. `json.decode` and `req:json()` return it for every null; it counts as true.
---@class luafunc.null

---@type luafunc.null
json.null = {}

---@class luafunc.JSONOptions
---@field pretty? boolean Each member and element on a line of its own.
---@field sorted? boolean The members in the order of their names, so that equal tables give equal texts.

---The JSON text of a value. `{}` is an object: write `json.array()` for an empty list. A value that JSON lacks raises an error.
---@param value any
---@param options? luafunc.JSONOptions
---@return string
function json.encode(value, options) end

---The value of a JSON text. A text that is not JSON raises an error; catch it with `pcall(json.decode, text)`.
---@param text string
---@return any
function json.decode(text) end

---Marks the table, or a new one, so that it is written as an array even if it is empty.
---@generic T: table
---@param t? T
---@return T
function json.array(t) end

---Marks the table, or a new one, so that it is written as an object even if its keys are 1 to n.
---@generic T: table
---@param t? T
---@return T
function json.object(t) end

return json
