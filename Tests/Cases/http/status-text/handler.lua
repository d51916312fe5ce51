return function() return { res = { statusCode = "201" } } end
