return function() return { statusCode = 200, body = "x" } end
