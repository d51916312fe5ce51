return function() return { ["$return"] = "m" } end
