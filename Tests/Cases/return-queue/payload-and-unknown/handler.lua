return function() return { ReturnValue = 1, Log = {} } end
