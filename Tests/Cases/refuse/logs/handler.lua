return function() return { Logs = { { 1 } } } end
