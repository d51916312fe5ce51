-- A message of the queue "orders", as the function order sends it, becomes a shipping label: the blob shipped/<id>.txt.
local json = require "json"

return function(data)
  local order = json.decode(data.order)
  print("shipping order " .. order.id)
  return { label = "order " .. order.id .. " is on its way\n" }
end
