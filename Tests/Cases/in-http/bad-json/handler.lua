-- What req:json() refuses is the caller's fault.
return function(data) return data.req:json().id end
