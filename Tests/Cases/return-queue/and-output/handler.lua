return function() return { ["$return"] = { id = 1 }, message = "b" } end
