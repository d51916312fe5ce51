-- host-contract §6.11
return function(data, metadata) print(data.event.subject, data.event.data.size, metadata.data.size) end
