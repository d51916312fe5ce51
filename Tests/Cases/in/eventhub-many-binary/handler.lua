return function(data) print(#data.events, data.events[1]:byte(1, -1)) end
