return function() return { o = "né ✓" } end
