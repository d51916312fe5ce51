local inifile = require "inifile"

return function()
  -- 'memory' is the module's own way without files.
  local parsed = inifile.parse("[server]\nport=80\nname=one\non=true\n", "memory")
  assert(parsed.server.port == 80 and parsed.server.name == "one" and parsed.server.on == true, "parse")
  parsed.server.port = 8080
  assert(inifile.save("x", parsed, "memory"):find "port=8080", "save")
  return "ok"
end
