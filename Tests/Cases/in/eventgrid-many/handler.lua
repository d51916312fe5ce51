-- host-contract §6.11
return function(data, metadata)
  print(#data.event, data.event[2].subject, data.event[2].data.b.c[1], metadata.data[1].a)
end
