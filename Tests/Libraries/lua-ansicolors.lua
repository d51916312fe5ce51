local colors = require "ansicolors"

return function()
  assert(colors("%{red}hello") == "\27[0m\27[31mhello\27[0m", "red")
  assert(colors "%{bright underline}x" == "\27[0m\27[1m\27[4mx\27[0m", "two attributes")
  return "ok"
end
