return function() return { res = { headers = { vary = { "a", 1, 2.5, true } }, body = "" } } end
