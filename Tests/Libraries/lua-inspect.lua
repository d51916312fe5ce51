local inspect = require "inspect"

return function()
  local value = { 1, 2, name = "x", deep = { list = {} } }
  value.self = value
  local text = inspect(value)
  assert(text:find("<1>{ 1, 2,", 1, true) and text:find("self = <table 1>", 1, true), text)
  local without = inspect({ secret = 1, a = 2 }, {
    process = function(item, path) if path[#path] ~= "secret" then return item end end,
  })
  assert(without == "{\n  a = 2\n}", without)
  return "ok"
end
