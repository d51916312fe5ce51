-- An MCP server, whose tools assistants and editors call. Give them the URL ENDPOINT.
--
-- input     what a tool takes: builders such as mcp.string and mcp.integer. A call with other arguments is refused, with a
--           reason that names the argument, before run sees it.
-- output    what it returns. Without output, run may return a text.
-- run       gets the arguments, with the defaults of those that are absent, and the call: call:progress(1, 3, "text"),
--           call.cancelled, call:ask{…}.
--
-- Trap: the description is all that a model knows of a tool. Say there what the tool does and when to use it.
local mcp = require("mcp")

return mcp.server {
  name = "NAME",
  version = "1.0.0",
  tools = {
    roll_dice = {
      description = "Rolls dice, and says what each shows and their sum",
      input = {
        count = mcp.integer { "how many dice", default = 1, min = 1, max = 100 },
        sides = mcp.integer { "how many sides each has", default = 6, min = 2, max = 1000 },
      },
      output = { rolls = mcp.array { items = mcp.integer() }, sum = mcp.integer() },
      run = function(arguments)
        local rolls, sum = {}, 0
        for i = 1, arguments.count do
          rolls[i] = math.random(arguments.sides)
          sum = sum + rolls[i]
        end
        return { rolls = rolls, sum = sum }
      end,
    },
    find_lines = {
      description = "Finds the lines of a text that contain a word",
      input = { text = mcp.string "the text", word = mcp.string { "the word to look for", minLength = 1 } },
      run = function(arguments)
        local found = {}
        for line in arguments.text:gmatch("[^\r\n]+") do
          if line:find(arguments.word, 1, true) then found[#found + 1] = line end
        end
        -- The model gets this sentence as the tool's error, and can try again.
        if #found == 0 then error("no line contains '" .. arguments.word .. "'", 0) end
        return table.concat(found, "\n")
      end,
    },
  },
}
