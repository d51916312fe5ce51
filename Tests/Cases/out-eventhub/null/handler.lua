return function() return { Outputs = { o = "null" } } end
