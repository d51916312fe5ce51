return function() return { Outputs = { o = 1 }, log = "x" } end
