-- host-contract §6.11
return function(data, metadata)
  print(data.event.subject, data.event.eventTime, data.event.data.b.c[1], metadata.data.a)
end
