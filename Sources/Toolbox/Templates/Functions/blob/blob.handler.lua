-- Runs for each new or changed blob of the container "RESOURCE".
--
-- data.blob      its text. For images and the like, add "dataType": "binary" to the trigger in function.json.
-- metadata.name  what stands for {name} in the path of the trigger
-- return         { result = … }, the blob with the same name in the container "RESOURCE-done". Return nothing to write
--                nothing.
--
-- Trap: do not write to the container that the trigger watches. Each result would be a new blob that fires it again.
---@param data NAME.data
return function(data, metadata)
  print((metadata.name or "a blob") .. " has " .. #data.blob .. " bytes")
  return { result = data.blob:upper() }
end
