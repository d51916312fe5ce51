-- Calls a tool as a client does. The result has content, a list, structuredContent where the tool has an output, and
-- isError where it failed.
local function call(tool, arguments)
  local r = invoke("NAME", {
    method = "POST",
    headers = { accept = "application/json, text/event-stream", ["mcp-protocol-version"] = "2025-11-25" },
    body = {
      jsonrpc = "2.0", id = 1, method = "tools/call", params = { name = tool, arguments = arguments },
    },
  })
  expect(r.response.statusCode):equals(200)
  return r.response:json().result
end

test("dice show numbers up to their sides", function()
  local dice = call("roll_dice", { count = 50, sides = 4 }).structuredContent
  expect(#dice.rolls):equals(50)
  local sum = 0
  for _, roll in ipairs(dice.rolls) do
    expect(roll >= 1 and roll <= 4):isTrue()
    sum = sum + roll
  end
  expect(dice.sum):equals(sum)
end)

test("lines with a word are found", function()
  local result = call("find_lines", { text = "a pear\nan apple\ntwo pears", word = "pear" })
  expect(result.content[1].text):equals("a pear\ntwo pears")
end)

test("a word that is nowhere is an error for the model", function()
  local result = call("find_lines", { text = "a pear", word = "plum" })
  expect(result.isError):isTrue()
  expect(result.content[1].text):contains("no line contains 'plum'")
end)

test("arguments that a tool does not take are refused", function()
  expect(call("roll_dice", { sides = 1 }).isError):isTrue()
end)
