return function() return 9007199254740993 end
