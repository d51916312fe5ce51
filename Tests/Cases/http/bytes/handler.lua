return function() return { res = { body = "\255" } } end
