-- host-contract §6.7
return function(data)
  print(data.tick.Schedule.AdjustForDST, data.tick.ScheduleStatus.Next, data.tick.IsPastDue)
end
