local codec = require "codec"
local json = require "json"

return function(data)
  local query = data.req.Query
  return codec(json, query.operation, tonumber(query.times), data.req.Body)
end
