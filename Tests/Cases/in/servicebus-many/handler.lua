return function(data, metadata) print(#data.msgs, data.msgs[2], metadata.MessageIdArray[2]) end
