---@meta luafunc.azure

---@class luafunc.azure
local azure = {}

---Bytes that arrive exactly like this, as the value of an output. Service Bus refuses them.
---@class luafunc.Bytes

---Marks a text as bytes, so that the host decodes and converts nothing.
---@param s string
---@return luafunc.Bytes
function azure.bytes(s) end

return azure
