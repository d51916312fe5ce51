return function() return { Outputs = { Res = "x" } } end
