return function() return { o = "true" } end
