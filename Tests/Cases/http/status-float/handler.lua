return function() return { res = { statusCode = 201.0 } } end
