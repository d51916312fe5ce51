-- Repeats one operation on a JSON document with the JSON module of luafunc or lua-cjson, and returns a check of the
-- result.

-- Touches every value and returns how many there are. Nulls are not counted, since a module may leave them out.
local function count(value, null)
  if value == null then return 0 end
  if type(value) ~= "table" then return 1 end
  local values = 1
  for _, member in pairs(value) do values = values + count(member, null) end
  return values
end

-- A copy of the document in plain tables, which no decoder has created.
local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

local operations = {}

function operations.decode(json, times, text)
  local document
  for _ = 1, times do document = json.decode(text) end
  return count(document, json.null)
end

-- The cost for a script that touches everything, whether tables are created at once or when they are first touched.
function operations.walk(json, times, text)
  local values
  for _ = 1, times do values = count(json.decode(text), json.null) end
  return values
end

function operations.encode(json, times, text)
  local document, answer = copy(json.decode(text)), nil
  for _ = 1, times do answer = json.encode(document) end
  return count(json.decode(answer), json.null)
end

return function(json, operation, times, text)
  return ("%d values"):format(operations[operation](json, times, text))
end
