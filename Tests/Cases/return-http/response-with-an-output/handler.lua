return function() return { statusCode = 201, message = "b" } end
