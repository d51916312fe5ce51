local azure = require "azure"
return function() return { o = azure.bytes("\0\1\254\255") } end
