return function() return { ReturnValue = "m", Outputs = {} } end
