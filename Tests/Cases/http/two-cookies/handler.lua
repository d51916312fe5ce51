return function() return { res = { cookies = { { name = "a", value = "1" }, { name = "b", value = "2" } } } } end
