return function() return { res = { statusCode = 404, body = "no" } } end
