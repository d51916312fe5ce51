return function() return { o = require("json").null } end
