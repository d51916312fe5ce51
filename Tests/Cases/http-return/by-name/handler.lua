return function() return { ["$return"] = { id = 7 }, res = { statusCode = 202, body = "accepted" } } end
