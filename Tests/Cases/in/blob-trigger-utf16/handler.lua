-- host-contract §6.6
return function(data) print(data.blob) end
