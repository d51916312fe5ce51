-- The work that luafunc and lua5.4 both run. Returns the CPU seconds of its two parts, such as "fib 0.41 tables 0.98".

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local function recursion()
  local sum = 0
  for _ = 1, 10 do sum = sum + fib(32) end
  return sum
end

-- Builds, sorts, scans and sums tables: millions of operations, which constantly produce garbage.
local function tables()
  local sum = 0
  for _ = 1, 16 do
    local list = {}
    for i = 1, 100000 do list[i] = i * 7919 % 100003 end
    table.sort(list)
    local records, byName = {}, {}
    for i = 1, #list do
      local record = { id = list[i], price = list[i] % 97, name = "item" .. list[i] % 1000 }
      records[i] = record
      byName[record.name] = (byName[record.name] or 0) + record.price
    end
    for _, record in ipairs(records) do sum = sum + record.price * (record.id % 3) end
    for _, price in pairs(byName) do sum = sum + price end
  end
  return sum
end

local function seconds(work, ...)
  local start = os.clock()
  local result = work(...)
  return os.clock() - start, result
end

return function()
  local calls, number = seconds(recursion)
  local operations, sum = seconds(tables)
  assert(number == 10 * 2178309 and sum > 0)
  return ("fib %.4f tables %.4f"):format(calls, operations)
end
