return function() return { res = { headers = { ["set-cookie"] = { "a=1", "b=2" } } } } end
