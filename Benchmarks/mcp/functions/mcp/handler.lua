local mcp = require "mcp"

return mcp.server {
  name = "add", version = "1.0",
  tools = {
    add = {
      description = "Adds two numbers",
      input = { a = mcp.integer(), b = mcp.integer() },
      run = function(arguments) return tostring(arguments.a + arguments.b) end,
    },
  },
}
