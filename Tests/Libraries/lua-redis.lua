local redis = require "redis"

return function()
  -- The client connects with LuaSocket, which is a C module.
  local ok, message = pcall(redis.connect, "127.0.0.1", 6379)
  assert(not ok and message:find("module 'socket' not found", 1, true), message)
  assert(message:find("use luafunc's 'http'", 1, true), message)
  -- All the rest is Lua. It also takes a connection that somebody else has made.
  local sent, answers = {}, { "+OK", "$5", "hello\r\n", ":2" }
  local client = redis.connect {
    socket = {
      send = function(_, text) sent[#sent + 1] = text return #text end,
      receive = function() return table.remove(answers, 1) end,
    },
  }
  assert(client:set("key", "hello") == true and client:get "key" == "hello" and client:incr "n" == 2, "answers")
  assert(sent[2] == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", sent[2])
  return "ok"
end
