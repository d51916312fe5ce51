return function() return { res = { headers = { ["X-At"] = "2024-01-01T00:00:00Z" }, body = "" } } end
