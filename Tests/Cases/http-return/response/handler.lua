return function() return require("http").response { statusCode = 202, body = "accepted" } end
