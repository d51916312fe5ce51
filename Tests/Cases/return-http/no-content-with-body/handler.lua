return function() return { status = 204, body = "x" } end
