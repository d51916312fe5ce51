return function() return { o = { id = 9007199254740993 } } end
