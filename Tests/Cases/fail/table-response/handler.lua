return function() error { statusCode = 404, body = "gone" } end
