-- host-contract §6.4: octet-stream and multipart bodies come as base64.
return function(data)
  assert(data.req.Body == "\0\1\2\255" and data.req:bytes() == data.req.Body)
  return #data.req.Body
end
