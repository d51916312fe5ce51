return function() return { id = 7 } end
