return function() print("a\255b") end
