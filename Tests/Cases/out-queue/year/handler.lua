return function() return { Outputs = { o = "2024" } } end
