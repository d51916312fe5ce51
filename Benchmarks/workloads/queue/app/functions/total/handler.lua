local json = require "json"

local prices = { black = 120, white = 100, red = 150 }

return function(data)
  local order = json.decode(data.order)
  local cents = 0
  for _, line in ipairs(order.lines) do cents = cents + prices[line.color] * line.quantity end
  return ("order %d: %d cents"):format(order.id, cents)
end
