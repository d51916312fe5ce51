return function() return { Outputs = { mesage = "x" } } end
