return function() return { res = { body = require("json").array() } } end
