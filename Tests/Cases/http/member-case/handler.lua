return function() return { statuscode = 404, Body = "x" } end
