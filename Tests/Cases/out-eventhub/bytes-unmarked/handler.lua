-- Not UTF-8, so it can only be bytes.
return function() return { o = "\0\1\254\255" } end
