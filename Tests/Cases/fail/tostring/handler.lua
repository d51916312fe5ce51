return function() error(setmetatable({}, { __tostring = function() return "my error" end })) end
