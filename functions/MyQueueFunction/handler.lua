-- One queue message comes in, as the text it is. What the handler returns goes to the binding named $return: another
-- queue.
return function(data, metadata)
  print("message " .. metadata.Id .. ", delivered " .. metadata.DequeueCount .. " time(s)")
  return data.myQueueItem:upper()
end
