-- A file appears in the container "uploads"; its bytes go to "copies" under the same name.
local azure = require "azure"

return function(data, metadata)
  print((metadata.name or "a blob") .. ": " .. #data.source .. " bytes")
  return { copy = azure.bytes(data.source) }
end
