return function(data)
  local ok, problem = pcall(data.req.json, data.req)
  assert(not ok)
  return tostring(problem)
end
