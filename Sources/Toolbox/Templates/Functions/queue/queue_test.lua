-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("passes the message on", function()
  local r = invoke("NAME", "hello")
  expect(r.error):isNil()
  expect(r.outputs.done):equals("done: hello")
end)
