return function(data)
  local req = data.req
  return req:cookie "a" .. req:cookie "session" .. "[" .. req:cookie "b" .. "]" .. req:cookie "c" .. tostring(req:cookie "x")
end
