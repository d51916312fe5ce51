return function() return { Outputs = { o = "hello" } } end
