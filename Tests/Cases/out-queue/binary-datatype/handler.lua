-- dataType binary on an output turns the base64 guess off.
return function() return { o = "test" } end
