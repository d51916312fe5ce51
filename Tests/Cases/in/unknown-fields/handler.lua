return function(data) print(data.msg, data.extra) end
