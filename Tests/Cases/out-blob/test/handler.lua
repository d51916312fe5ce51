return function() return { Outputs = { o = "test" } } end
