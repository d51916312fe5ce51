return function() return { o = require("json").array() } end
