return function() return { Outputs = { o = "true" } } end
