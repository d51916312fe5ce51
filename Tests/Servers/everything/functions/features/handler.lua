-- A server with what the fixtures of the conformance suite do not show: pages, structured output, cancellation.
local mcp, task = require "mcp", require "task"

local tools = {
  add = {
    description = "Adds two numbers",
    input = { a = mcp.number(), b = mcp.number { default = 1 } },
    output = { sum = mcp.number() },
    annotations = { readOnlyHint = true, title = "Sum" },
    run = function(arguments) return { sum = arguments.a + arguments.b } end,
  },
  list = {
    description = "Returns a list, which older clients get inside an object",
    outputSchema = { type = "array", items = { type = "integer" } },
    run = function() return { 1, 2, 3 } end,
  },
  wrong = {
    description = "Returns what its schema does not allow",
    output = { sum = mcp.number() },
    run = function() return { sum = "three" } end,
  },
  slow = {
    description = "Waits for half a minute",
    run = function(_, call)
      local ended <close> = setmetatable({}, { __close = function() print("slow has ended, cancelled: ", call.cancelled) end })
      call:progress(0, 30)
      task.sleep(30)
      return "done"
    end,
  },
  weather = {
    description = "Asks where, then answers",
    input = { unit = mcp.enum { "celsius", "kelvin", default = "celsius" } },
    run = function(arguments, call)
      local answers = call:ask { place = mcp.elicit { message = "Where?", fields = { city = mcp.string() } } }
      if answers.place.action ~= "accept" then return nil, "no place" end
      return answers.place.content.city .. " in " .. arguments.unit
    end,
  },
}

return mcp.server {
  name = "features", version = "1.0", instructions = "Use add for sums.", pageSize = 2, ttl = 60, cacheScope = "public",
  tools = tools,
  resources = { ["app://one"] = { name = "one", text = "1" }, ["app://two"] = { name = "two", text = "2" }, ["app://three"] = { name = "three", text = "3" } },
}
