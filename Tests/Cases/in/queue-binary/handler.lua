return function(data) print(#data.msg, data.msg:byte(1, -1)) end
