return function() return { res = { headers = { ["x-a"] = "a\r\nb: c" } } } end
