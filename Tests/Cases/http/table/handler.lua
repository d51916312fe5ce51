return function() return { res = { body = { id = 9007199254740993 } } } end
