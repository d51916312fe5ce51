-- Runs when the timer fires.
--
-- data.timer  { Schedule, ScheduleStatus, IsPastDue }; IsPastDue says that this run is late
-- return      nothing, as function.json has no output. Add one, such as a queue, to return something.
--
-- Trap: with "runOnStartup": true in function.json, Azure also runs the function whenever it starts an instance of the
-- app.
local log = require "log"

---@param data NAME.data
return function(data)
  if data.timer.IsPastDue then log.warn("this run is late") end
  log.info("the timer fired")
end
