return function() return { o = { "test", "2024", { a = 1 } } } end
