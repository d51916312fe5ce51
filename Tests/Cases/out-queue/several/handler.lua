return function() return { o = { "test", { n = 1 }, "[1]", 2024 } } end
