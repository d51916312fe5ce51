return function() return { o = { list = { 1, nil, 3 } } } end
