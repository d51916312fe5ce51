local assert = require "luassert"
local spy, stub, match = require "luassert.spy", require "luassert.stub", require "luassert.match"

return function()
  assert.are.equal(1, 1)
  assert.are.same({ a = { 1, 2 } }, { a = { 1, 2 } })
  assert.is_true(true)
  assert.is_not_nil(0)
  assert.has.error(function() error "wrong" end, "wrong")
  local ok, failure = pcall(assert.are.same, { 1 }, { 2 })
  assert.is_false(ok)
  assert.is_truthy(tostring(failure):find "Expected objects to be the same")
  local called = spy.new(function() return 7 end)
  assert.are.equal(7, called("x", { 1 }))
  assert.spy(called).was.called_with("x", match.is_table())
  local object = { work = function() return "real" end }
  stub(object, "work")
  assert.is_nil(object.work())
  object.work:revert()
  assert.are.equal("real", object.work())
  return "ok"
end
