---@meta luafunc.uuid

---@class luafunc.uuid
local uuid = {}

---A random UUID.
---@return string
function uuid.v4() end

---A UUID that begins with the time, so that later ones sort after earlier ones. It reveals when it was made.
---@return string
function uuid.v7() end

return uuid
