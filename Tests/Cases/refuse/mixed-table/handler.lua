return function() return { o = { 1, 2, x = 3 } } end
