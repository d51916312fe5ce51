return function() return "not found", 404 end
