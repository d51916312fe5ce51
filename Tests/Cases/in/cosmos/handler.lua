-- host-contract §6.8: three parses on the wire, a list for the user.
return function(data) print(#data.docs, data.docs[1].id, data.docs[1]._ts, data.docs[1].gone) end
