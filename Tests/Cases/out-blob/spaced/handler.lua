return function() return { Outputs = { o = "two words" } } end
