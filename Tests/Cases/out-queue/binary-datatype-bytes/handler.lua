return function() return { o = "\255" } end
