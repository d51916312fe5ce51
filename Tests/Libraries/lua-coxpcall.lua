-- The module sets the globals copcall and coxpcall. Here it is required when new globals are an error in the app.
return function()
  local module = require "coxpcall"
  assert(copcall == pcall and coxpcall == module.xpcall, "globals")
  assert(not pcall(load "mine = 1"), "the app's own globals")
  local co = coroutine.wrap(function()
    return copcall(function() return coroutine.yield "waits" end)
  end)
  assert(co() == "waits" and select(2, co "goes on") == "goes on", "a yield in copcall")
  return "ok"
end
