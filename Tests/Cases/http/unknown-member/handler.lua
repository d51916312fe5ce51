return function() return { res = { statuscode = 404 } } end
