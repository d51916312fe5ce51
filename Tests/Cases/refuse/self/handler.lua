-- A handler that returns itself in a cycle.
return function()
  local t = {}
  t.res = { body = t }
  return t
end
