return function() return { Outputs = { o = "né ✓" } } end
