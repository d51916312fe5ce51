-- A timer fires; nothing is returned.
local log = require "log"

return function(data)
  if data.timer.IsPastDue then log.warn("the timer is late") end
  -- While the timer fires, Next is still the time of this firing.
  log.info("scheduled for %s", data.timer.ScheduleStatus and data.timer.ScheduleStatus.Next or "an unknown time")
end
