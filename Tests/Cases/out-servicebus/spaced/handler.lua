return function() return { o = "two words" } end
