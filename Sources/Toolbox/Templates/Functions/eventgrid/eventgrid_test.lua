-- luafunc test runs the files that end with _test.lua. invoke runs a function as Azure would. Its result has error, logs,
-- outputs (by name) and, for HTTP, response.

test("logs the type and the subject", function()
  local event = {
    id = "1", subject = "orders/7", eventType = "Order.Created", eventTime = "2026-03-01T10:20:30Z",
    data = { total = 12 }, dataVersion = "1.0",
  }
  local r = invoke("NAME", { input = event })
  expect(r.error):isNil()
  expect(r.logs):contains("Order.Created\torders/7")
end)
