-- The text of a message stays that text; its members are in metadata.
local json = require "json"
return function(data, metadata) print(data.msg, json.decode(data.msg).a, metadata.a) end
