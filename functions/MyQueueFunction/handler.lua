-- One queue message comes in, as the text it is. What the handler returns goes to the binding named $return: another
-- queue.
return function(data, metadata)
  -- A message that is sent by hand, through the admin API, has no Id.
  local id = metadata.Id or "by hand"
  print("message " .. id .. ", delivered " .. (metadata.DequeueCount or 0) .. " time(s)")
  return data.myQueueItem:upper()
end
