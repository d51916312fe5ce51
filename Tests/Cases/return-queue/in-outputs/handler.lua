return function() return { Outputs = { ["$return"] = 1 } } end
