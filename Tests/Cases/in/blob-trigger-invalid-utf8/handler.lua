-- host-contract §6.6
return function(data) print(table.concat({ data.blob:byte(1, -1) }, " ")) end
