-- Runs when documents of the Cosmos DB container "RESOURCE" were created or changed.
--
-- data.documents  a list of tables, each a whole document as it is now
-- return          nothing, as function.json has no output
--
-- Trap: the list does not say what changed, and deleted documents are not in it. A document that changes twice in a
-- short time may come once.
---@param data NAME.data
return function(data)
  for _, document in ipairs(data.documents) do print("document", document.id) end
end
