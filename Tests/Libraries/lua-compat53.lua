require "compat53"
local module = require "compat53.module"

return function()
  -- On Lua 5.4 there is nothing to add: the module is the globals.
  assert(module.table.unpack == table.unpack and module.utf8.char(228) == "ä", "fields")
  assert(module.math.tointeger(3.0) == 3, "tointeger")
  return "ok"
end
