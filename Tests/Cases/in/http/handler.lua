-- host-contract §6.4
return function(data, metadata, context)
  local req = data.req
  assert(req.Url == "http://localhost:7071/api/orders/7?tag=a&tag=b%20c")
  assert(req.Method == "POST" and req.Query.tag == "a,b c" and req.Params.id == "7")
  assert(req.Params.missing == nil and req.Identities[1].IsAuthenticated == false)
  assert(req:header("CONTENT-TYPE") == "application/json" and req:header("nothing") == nil)
  assert(#req:headers("x-list") == 2 and req:headers("X-List")[2] == "two")
  assert(req:query("tag") == "a" and req:queries("tag")[2] == "b c" and req:query("nothing") == nil)
  assert(req:json().qty == 3 and req:bytes() == '{"qty":3}')
  assert(metadata.qty == "3" and metadata.id == "7" and metadata.sys.MethodName == "in-http")
  assert(metadata.Headers.Host == "localhost:7071")
  assert(context.functionName == "in-http" and #context.invocationId > 8)
  assert(context.bindings[1].type == "httpTrigger" and (context.payload or '{"Data"'):find('^{"Data"'))
  assert(context.retry == nil and context.deadline() > 1)
  return "seen"
end
