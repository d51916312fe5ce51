-- The module sets the global 'logging'. Here it is required when new globals are an error in the app.
return function()
  local logging = require "logging"
  assert(_G.logging == logging, "the global")
  local lines = {}
  local logger = logging.new(function(_, level, message)
    lines[#lines + 1] = level .. " " .. message
    return true
  end)
  logger:setLevel(logging.WARN)
  logger:info "not shown"
  logger:warn("%d left", 3)
  logger:error { code = 5 }
  assert(lines[#lines - 1] == "WARN 3 left" and lines[#lines]:find "code = 5", table.concat(lines, "|"))
  local console = require "logging.console" "%level says %message\n"
  console:info "hello from logging"
  return "ok"
end
