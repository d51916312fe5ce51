return function() return { res = { status = 404, body = "no" } } end
