return function(data) print(data.doc.id, data.list[1].id) end
