return function(data)
  return data.req:json().customer.name
end
