return function() return { res = { headers = { ["x-on"] = true } } } end
