-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("writes the blob in capitals", function()
  local r = invoke("NAME", "some text")
  expect(r.error):isNil()
  expect(r.outputs.result):equals("SOME TEXT")
end)
