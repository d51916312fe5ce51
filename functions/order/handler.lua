-- An HTTP request comes in; a queue message and an HTTP response go out.
-- The names of the outputs, message and res, are those of the bindings in function.json.
return function(data)
  local order = data.req:json()
  print("order", order.id)
  return {
    Outputs = {
      message = data.req.Body,
      res = { statusCode = 202, body = "Order enqueued" },
    },
  }
end
