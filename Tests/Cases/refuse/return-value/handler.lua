return function() return { ReturnValue = 1 } end
