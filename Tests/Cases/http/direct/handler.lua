return function() return { status = 404, body = "no" } end
