return function()
  local t = { list = {} }
  t.list[1] = t
  return { o = t }
end
