-- host-contract §6.2: whatever is no object comes as a string of JSON text.
return function(data, metadata)
  print(math.type(data.value), data.value, data.truth, data.list[2], data.nothing, data.date, data.object.A)
  print(metadata.big, metadata.text)
end
