return function() return { Outputs = { o = "[1,2]" } } end
