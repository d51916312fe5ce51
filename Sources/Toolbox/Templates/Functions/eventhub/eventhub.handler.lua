-- Runs for each batch of events of the event hub "RESOURCE".
--
-- data.events  a list of texts, each exactly as it was sent. json.decode makes a table of one that is JSON.
-- metadata     lists with an element for each event, such as SequenceNumberArray
-- return       nothing, as function.json has no output
--
-- Trap: if the function fails, Event Hubs does not send the batch again, unless function.json has a "retry".
---@param data NAME.data
return function(data)
  for _, event in ipairs(data.events) do print("event", event) end
end
