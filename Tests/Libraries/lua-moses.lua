local M = require "moses"

return function()
  local even = M.select({ 1, 2, 3, 4 }, function(value) return value % 2 == 0 end)
  assert(M.same(even, { 2, 4 }), "select")
  assert(M.reduce({ 1, 2, 3 }, function(sum, value) return sum + value end) == 6, "reduce")
  assert(M.chain({ 3, 1, 2 }):sort():map(function(value) return value * 10 end):concat(","):value() == "10,20,30", "chain")
  local once = M.once(function(value) return value end)
  assert(once(1) == 1 and once(2) == 1, "once")
  return "ok"
end
