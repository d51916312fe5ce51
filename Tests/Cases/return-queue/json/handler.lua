return function() return "{\"a\":1}" end
