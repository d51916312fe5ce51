local task = require "task"

return function()
  task.sleep(0.01)
  return "waited"
end
