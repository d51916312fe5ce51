-- The list lives in a cookie, so each call sends the cookie that the call before has set.
local function cookie(response) return response.headers["set-cookie"]:match "^todo=[^;]*" end

test("an item is added and found again", function()
  local added = invoke("todo", { method = "POST", body = { title = "buy milk" } })
  expect(added.response.statusCode):equals(201)
  local found = invoke("todo", { params = { id = "1" }, headers = { cookie = cookie(added.response) } })
  expect(found.response:json()):equals { id = 1, title = "buy milk", done = false }
end)

test("an item that does not exist is a 404", function()
  local r = invoke("todo", { params = { id = "7" } })
  expect(r.response.statusCode):equals(404)
  expect(r.response:json().error):contains "no item 7"
end)
