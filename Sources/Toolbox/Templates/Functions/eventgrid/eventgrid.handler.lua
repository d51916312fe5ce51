-- Runs for each event of the Event Grid subscriptions that name this function.
--
-- data.event  a table: id, subject, eventType, eventTime, data. A CloudEvent has type, source and time instead of
--             eventType, topic and eventTime.
-- return      nothing, as function.json has no output
--
-- Trap: events may come twice, and in any order. If the function fails, Event Grid sends the event again for up to a day.
---@param data NAME.data
return function(data)
  local event = data.event
  print(event.eventType or event.type, event.subject)
end
