return function() return "test" end
