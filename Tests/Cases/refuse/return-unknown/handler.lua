return function() return { ["$return"] = 1 } end
