return function() return "hi" end
