return function(data) print(type(data.warm), next(data.warm)) end
