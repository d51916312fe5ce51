return function() return { ["$return"] = "a", message = "b" } end
