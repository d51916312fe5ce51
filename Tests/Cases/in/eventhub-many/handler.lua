return function(data, metadata)
  print(#data.events, data.events[1], data.events[2], metadata.SequenceNumberArray[2])
end
