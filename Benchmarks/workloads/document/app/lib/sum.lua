-- Touches every value of a JSON document: returns the sum of its numbers and of the lengths of its strings and names.
-- nginx runs the same file.
local function sum(value)
  local kind = type(value)
  if kind == "number" then return value end
  if kind == "string" then return #value end
  if kind ~= "table" then return 0 end
  local total = 0
  for name, member in pairs(value) do
    if type(name) == "string" then total = total + #name end
    total = total + sum(member)
  end
  return total
end

return sum
