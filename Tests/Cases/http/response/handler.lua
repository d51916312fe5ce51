return function() return require("http").response { statusCode = 418, headers = { ["X-A"] = 1 }, body = "tea" } end
