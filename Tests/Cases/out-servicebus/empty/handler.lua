return function() return { o = "" } end
