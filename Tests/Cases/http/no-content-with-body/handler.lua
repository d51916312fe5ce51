return function() return { res = { status = 204, body = { a = 1 } } } end
