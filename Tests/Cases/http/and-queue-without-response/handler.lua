-- Outputs without the http one would be answered with the body "{}".
return function() return { o = "m" } end
