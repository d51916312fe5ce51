local binaryheap = require "binaryheap"

return function()
  local heap = binaryheap.minUnique()
  for _, number in ipairs { 5, 1, 4, 2, 3 } do heap:insert(number, "n" .. number) end
  heap:update("n5", 0)
  heap:remove "n1"
  local order = {}
  while heap:size() > 0 do order[#order + 1] = heap:pop() end
  assert(table.concat(order, " ") == "n5 n2 n3 n4", table.concat(order, " "))
  return "ok"
end
