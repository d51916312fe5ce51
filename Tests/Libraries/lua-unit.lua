local lu = require "luaunit"

return function()
  lu.assertEquals({ 1, { a = 2 } }, { 1, { a = 2 } })
  lu.assertErrorMsgContains("wrong", function() error "wrong" end)
  lu.assertAlmostEquals(0.1 + 0.2, 0.3, 1e-9)
  local runner = lu.LuaUnit.new()
  runner:setOutputType "text"
  local failures = runner:runSuiteByInstances({
    { "TestOne", { testGood = function() lu.assertTrue(true) end, testBad = function() lu.assertEquals(1, 2) end } },
  })
  assert(failures == 1, failures)
  runner = lu.LuaUnit.new()
  runner:setOutputType "tap"
  assert(runner:runSuiteByInstances { { "TestTwo", { testGood = function() end } } } == 0, "the second run")
  return "ok"
end
