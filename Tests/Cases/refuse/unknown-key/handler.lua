return function() return { Output = { message = "x" } } end
