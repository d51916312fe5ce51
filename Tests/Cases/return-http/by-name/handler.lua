return function() return { ["$return"] = { statusCode = 201, body = "made" } } end
