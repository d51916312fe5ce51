-- What the documentation's Go handler does, no more and no less.
return function(data)
  return { Outputs = { message = data.req.Body, res = { body = "Order enqueued" } } }
end
