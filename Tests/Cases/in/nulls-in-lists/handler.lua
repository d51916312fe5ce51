-- In a list null keeps its place.
local json = require "json"
return function(data) print(#data.docs, data.docs[1] == json.null, data.docs[2]) end
