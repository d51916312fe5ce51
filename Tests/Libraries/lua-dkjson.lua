local dkjson = require "dkjson"

return function()
  local text = dkjson.encode({ list = { 1, 2.5, "x" }, nothing = dkjson.null }, { keyorder = { "list", "nothing" } })
  assert(text == '{"list":[1,2.5,"x"],"nothing":null}', text)
  assert(dkjson.decode('{"a":[true,{"b":"\\u00e4"}]}').a[2].b == "ä", "decode")
  local value, _, message = dkjson.decode '{"a":'
  assert(value == nil and message, "an error")
  return "ok"
end
