-- host-contract §6.12
return function(data) print(data.row.PartitionKey, data.none, #data.rows, data.rows[2].RowKey) end
