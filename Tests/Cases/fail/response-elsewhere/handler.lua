-- Only an HTTP function can answer with a response.
return function() error(require("http").response { statusCode = 404, body = "no" }) end
