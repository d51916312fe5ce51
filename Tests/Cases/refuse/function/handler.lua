return function() return { o = { f = print } } end
