-- GET /api/NAME/7 shows the row 7 of the table "items", and PUT /api/NAME/7 with a JSON object makes it.
--
-- data.item  the row as a table, or nil if there is none. luafunc start has no tables, so there it is always nil.
-- return     { saved = a new row, res = the response }; leave saved out to save nothing. A row needs PartitionKey and
--            RowKey, which are its key; its other values must be texts, numbers or booleans.
--
-- Trap: the output only makes rows. If the row exists already, the invocation fails.
---@param data NAME.data
return function(data)
  local req, item = data.req, data.item
  if req.Method == "GET" then
    if not item then return { res = { statusCode = 404, body = { error = "there is no such item" } } } end
    return { res = { body = item } }
  end
  if item then return { res = { statusCode = 409, body = { error = "the item exists" } } } end
  local row = req:json()
  if type(row) ~= "table" then return { res = { statusCode = 400, body = { error = "send a JSON object" } } } end
  row.PartitionKey, row.RowKey = "NAME", req.Params.id
  return { saved = row, res = { statusCode = 201, body = row } }
end
