return function() return { rse = "m", ["$return"] = "x" } end
