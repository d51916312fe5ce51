return function() return { res = { headers = { ["X-A"] = "1", ["x-a"] = "2" } } } end
