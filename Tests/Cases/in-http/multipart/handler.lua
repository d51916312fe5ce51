return function(data)
  local form = data.req:form()
  assert(form.title == "A cat")
  assert(form.file.filename == "cat.png" and form.file.contentType == "image/png" and form.file.body == "\0PNG\r\n")
  return "ok"
end
