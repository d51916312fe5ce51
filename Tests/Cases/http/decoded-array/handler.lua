local json = require "json"
return function() return { res = { body = json.decode('{"a":[],"b":{}}').a } } end
