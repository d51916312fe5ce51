return function() return { res = { status = 204, body = "x" } } end
