-- host-contract §6.10
return function(data, metadata) print(data.event, metadata.PartitionContext.EventHub) end
