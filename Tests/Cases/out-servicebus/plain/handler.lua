return function() return { o = "hello" } end
