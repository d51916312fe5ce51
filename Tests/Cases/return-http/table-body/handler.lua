return function() return { body = { 1, 2 } } end
