return function() return { statusCode = 201 } end
