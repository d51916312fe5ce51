return function(data) print(data.tick.ScheduleStatus) end
