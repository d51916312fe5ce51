return function()
  local bytes = require("azure").bytes "x"
  bytes[1] = { 5 }
  return { Outputs = { o = bytes } }
end
