return function() return { res = { statusCode = 42 } } end
