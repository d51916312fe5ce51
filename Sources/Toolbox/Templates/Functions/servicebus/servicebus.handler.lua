-- Runs for each message of the Service Bus queue "RESOURCE".
--
-- data.message  the text, exactly as it was sent. If that is JSON, json.decode(data.message) makes a table of it.
-- metadata      MessageId, DeliveryCount, SequenceNumber …
-- return        { done = … }, a message for the queue "RESOURCE-done". A table is sent as JSON. Return nothing to send
--               nothing.
--
-- Trap: a message may come more than once. If the function fails, Service Bus delivers the message again, usually ten
-- times in all, and then moves it to the dead-letter queue.
---@param data NAME.data
return function(data, metadata)
  print("delivery " .. (metadata.DeliveryCount or 1) .. ": " .. data.message)
  return { done = "done: " .. data.message }
end
