-- host-contract §6.9
return function(data, metadata) print(data.msg, metadata.DeliveryCount, metadata.MessageId, metadata.ApplicationProperties.k) end
