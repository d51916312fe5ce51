return function() return { Logs = { "x" }, o = "y" } end
