-- Does exactly what the Go handler of Azure's documentation does.
return function(data)
  return { Outputs = { message = data.req.Body, res = { body = "Order enqueued" } } }
end
