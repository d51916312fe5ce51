return function() return { res = { statusCode = 202, body = "accepted" } } end
