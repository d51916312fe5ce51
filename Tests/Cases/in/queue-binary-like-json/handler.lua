-- "1234" is base64 here, never the number.
return function(data) print(type(data.msg), #data.msg) end
