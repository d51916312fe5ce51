return function() return { o = "2024" } end
