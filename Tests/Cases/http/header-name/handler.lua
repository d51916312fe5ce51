return function() return { res = { headers = { ["x a"] = "1" } } } end
