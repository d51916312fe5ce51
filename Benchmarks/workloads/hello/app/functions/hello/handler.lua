-- GET /api/hello?name=Ada, or POST the name as {"name":"Ada"}.
-- A text is the body of the one http output, with status 200.
return function(data)
  local req = data.req
  local name = req:query("name")
  if req.Method == "POST" then name = req:json().name end
  return "hello " .. (name or "world")
end
