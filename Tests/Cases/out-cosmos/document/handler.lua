return function() return { o = { n = 9007199254740993 } } end
