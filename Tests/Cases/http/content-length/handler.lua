return function() return { res = { headers = { ["content-length"] = 5 }, body = "no" } } end
