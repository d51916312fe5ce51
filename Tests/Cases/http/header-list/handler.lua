return function() return { res = { headers = { vary = { "a", "b" } }, body = "" } } end
