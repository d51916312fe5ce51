-- host-contract §6.6
return function(data, metadata)
  print(data.blob, metadata.name, metadata.Uri, metadata.Properties.Length)
end
