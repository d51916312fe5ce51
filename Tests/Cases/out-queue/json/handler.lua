return function() return { Outputs = { o = "{\"a\":1}" } } end
