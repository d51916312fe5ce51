return function() return { Outputs = { o = "2024-01-01T00:00:00Z" } } end
