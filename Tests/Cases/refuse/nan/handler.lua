return function() return { o = { n = 0 / 0 } } end
