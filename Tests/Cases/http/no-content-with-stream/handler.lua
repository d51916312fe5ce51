return function() return { res = { status = 204, body = function(write) write "x" end } } end
