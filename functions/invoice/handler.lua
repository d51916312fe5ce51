-- A Service Bus message, here the text of a JSON object. Raising an error gives it back; Service Bus delivers it again.
local json = require "json"

return function(data, metadata)
  local invoice = json.decode(data.invoice)
  if not invoice.total then error("invoice " .. tostring(invoice.id) .. " has no total") end
  -- A message that is sent by hand, through the admin API, has neither.
  print("delivery " .. (metadata.DeliveryCount or 0) .. " of message " .. (metadata.MessageId or "by hand"))
  return { receipt = { id = invoice.id, paid = invoice.total } }
end
