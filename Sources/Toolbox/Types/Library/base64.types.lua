---@meta luafunc.base64

---@class luafunc.base64
local base64 = {}

---Base64 with padding (RFC 4648).
---@param s string
---@return string
function base64.encode(s) end

---The bytes. White space is skipped. A text that is not base64 raises an error.
---@param s string
---@return string
function base64.decode(s) end

---Base64 with `-` and `_`, without padding, as in URLs and tokens.
---@param s string
---@return string
function base64.encodeURL(s) end

---The bytes of such a text. A text that is not base64url raises an error.
---@param s string
---@return string
function base64.decodeURL(s) end

return base64
