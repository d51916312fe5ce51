return function() return { id = 1 } end
