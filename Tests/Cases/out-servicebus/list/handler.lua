return function() return { o = "[1,2]" } end
