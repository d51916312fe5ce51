local work = require "work"

return function()
  return work()
end
