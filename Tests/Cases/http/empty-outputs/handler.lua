return function() return { Outputs = {} } end
