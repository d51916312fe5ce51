return function() return { res = { headers = { ["Content-Type"] = "text/html" }, body = "<p>" } } end
