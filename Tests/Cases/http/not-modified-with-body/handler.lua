return function() return { res = { status = 304, body = { a = 1 } } } end
