-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.
local json = require "json"

test("saves an item", function()
  local r = invoke("NAME", { method = "PUT", params = { id = "7" }, body = { name = "chair" } })
  expect(r.response.statusCode):equals(201)
  expect(json.decode(r.outputs.saved)):equals({ PartitionKey = "NAME", RowKey = "7", name = "chair" })
end)

test("shows an item", function()
  local r = invoke("NAME", { method = "GET", params = { id = "7" }, inputs = { item = { name = "chair" } } })
  expect(r.response.statusCode):equals(200)
  expect(json.decode(r.response.body)):equals({ name = "chair" })
end)

test("says that an item is missing", function()
  local r = invoke("NAME", { method = "GET", params = { id = "8" } })
  expect(r.response.statusCode):equals(404)
end)
