return function() return { o = { "2024-01-01T00:00:00Z", "x" } } end
