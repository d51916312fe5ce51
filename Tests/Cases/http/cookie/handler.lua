return function() return { res = { cookies = { { name = "a", value = "1", path = "/", httpOnly = true } } } } end
