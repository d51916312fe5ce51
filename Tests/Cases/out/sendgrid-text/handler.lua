return function() return { o = "test" } end
