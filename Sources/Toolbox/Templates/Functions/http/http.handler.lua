-- Answers GET /api/NAME?name=Ada, and POST /api/NAME with the body {"name":"Ada"}.
--
-- data.req  the request: req.Method, req:query("name"), req:header("accept"), req:cookie("id"), req:json(), req.Body
-- return    a text, which is the body of a response with status 200, or
--           { statusCode = 404, headers = { … }, body = … }. A table as body is sent as JSON.
--
-- Trap: if the body is not JSON, req:json() ends the invocation, and the caller gets a 400 that says where it is wrong.
---@param data NAME.data
return function(data)
  local req = data.req
  local name = req:query("name") or "world"
  if req.Method == "POST" then
    local body = req:json()
    name = type(body) == "table" and body.name
    if type(name) ~= "string" then
      return { statusCode = 400, body = { error = 'send {"name":"…"}' } }
    end
  end
  return "hello " .. name
end
