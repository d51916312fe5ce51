return function() error { code = 7 } end
