return function() return { ["$return"] = { message = "b", other = 1 } } end
