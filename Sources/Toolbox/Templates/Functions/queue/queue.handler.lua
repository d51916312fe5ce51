-- Runs for each message of the queue "RESOURCE".
--
-- data.message  the text, exactly as it was sent. If that is JSON, json.decode(data.message) makes a table of it.
-- metadata      Id, DequeueCount, InsertionTime …
-- return        { done = … }, a message for the queue "RESOURCE-done". A table is sent as JSON, a list as one message
--               for each element. Return nothing to send nothing.
--
-- Trap: a message may come more than once. If the function fails, the host delivers the message again, five times in
-- all, and then moves it to the queue "RESOURCE-poison".
---@param data NAME.data
return function(data, metadata)
  print("delivery " .. (metadata.DequeueCount or 1) .. ": " .. data.message)
  return { done = "done: " .. data.message }
end
