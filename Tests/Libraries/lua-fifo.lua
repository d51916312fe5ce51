local fifo = require "fifo"

return function()
  local queue = fifo("a", "b")
  queue:push "c"
  queue:insert(1, "first")
  assert(queue:length() == 4 and queue:pop() == "first" and queue:peek(2) == "b", "queue")
  queue:setempty(function() return "none" end)
  for _ = 1, 3 do queue:pop() end
  assert(queue:pop() == "none", "empty")
  return "ok"
end
