return function(data) return data.nothing.x end
