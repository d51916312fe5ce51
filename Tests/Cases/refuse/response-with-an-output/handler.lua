return function() return { body = "x", message = "m" } end
