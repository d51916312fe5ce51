return function() return { o = "{\"a\":1}" } end
