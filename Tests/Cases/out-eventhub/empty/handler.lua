return function() return { Outputs = { o = "" } } end
