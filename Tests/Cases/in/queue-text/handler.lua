-- host-contract §6.5
return function(data, metadata)
  print(data.msg, math.type(metadata.DequeueCount), metadata.Id, metadata.ExpirationTime)
end
