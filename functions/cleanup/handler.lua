-- A timer fires; nothing is returned.
local log = require "log"

return function(data)
  if data.timer.IsPastDue then log.warn("the timer is late") end
  log.info("next run: %s", data.timer.ScheduleStatus and data.timer.ScheduleStatus.Next or "unknown")
end
