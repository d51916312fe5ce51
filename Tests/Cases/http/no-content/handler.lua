return function() return { res = { status = 204 } } end
