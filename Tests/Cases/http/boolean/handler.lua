return function() return { res = { body = true } } end
