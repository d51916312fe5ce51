-- A blob input that does not exist is nil.
return function(data) print(data.blob, data.text) end
