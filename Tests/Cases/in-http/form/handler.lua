return function(data)
  local form, all = data.req:form()
  assert(form.name == "Ada L" and form.x == "1" and all.x[2] == "2" and form.empty == "")
  return "ok"
end
