return function() return { message = "b", mesage = "c" } end
