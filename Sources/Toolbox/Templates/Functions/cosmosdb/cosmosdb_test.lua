-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("logs each document", function()
  local r = invoke("NAME", { input = { { id = "1", name = "chair" }, { id = "2", name = "table" } } })
  expect(r.error):isNil()
  expect(r.logs):hasLength(2)
end)
