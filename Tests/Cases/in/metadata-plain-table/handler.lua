-- metadata is read when it is touched; a script cannot tell.
return function(data, metadata)
  local keys = {}
  for key in next, metadata do keys[#keys + 1] = key end
  table.sort(keys)
  assert(getmetatable(metadata) == nil and rawget(metadata, "Id") == "0d3a")
  metadata.Id = "changed"
  print(table.concat(keys, " "), metadata.Id)
end
