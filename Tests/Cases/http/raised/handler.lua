return function() error(require("http").response { statusCode = 404, body = "no such order" }) end
