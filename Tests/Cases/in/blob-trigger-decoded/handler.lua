-- A host that sends the text itself, not base64.
return function(data, metadata)
  print(data.blob, metadata.name, metadata.Uri, metadata.Properties.Length)
end
