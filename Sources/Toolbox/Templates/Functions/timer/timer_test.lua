-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("logs each run", function()
  local r = invoke("NAME")
  expect(r.error):isNil()
  expect(r.logs):contains("the timer fired")
end)
