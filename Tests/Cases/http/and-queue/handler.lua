return function() return { o = "test", res = "ok" } end
