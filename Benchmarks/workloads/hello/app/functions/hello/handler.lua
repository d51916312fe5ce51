-- GET /api/hello?name=Ada, or POST the name as {"name":"Ada"}.
-- A returned string is the body of the only http output, with status 200.
return function(data)
  local req = data.req
  local name = req:query("name")
  if req.Method == "POST" then name = req:json().name end
  return "hello " .. (name or "world")
end
