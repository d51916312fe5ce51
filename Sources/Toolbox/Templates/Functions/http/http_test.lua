-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("greets the name in the query", function()
  local r = invoke("NAME", { query = { name = "Ada" } })
  expect(r.response.statusCode):equals(200)
  expect(r.response.body):equals("hello Ada")
end)

test("greets the name in a JSON body", function()
  local r = invoke("NAME", { method = "POST", body = { name = "Grace" } })
  expect(r.response.body):equals("hello Grace")
end)

test("refuses a body without a name", function()
  local r = invoke("NAME", { method = "POST", body = { nme = "Grace" } })
  expect(r.response.statusCode):equals(400)
end)
