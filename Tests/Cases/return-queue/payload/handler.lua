return function() return { ReturnValue = "2024", Logs = { "one", "two\nthree" } } end
