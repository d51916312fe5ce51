return function() return { o = { { id = "1" }, { id = "2" } } } end
