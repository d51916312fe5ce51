local log = require "log"
return function()
  print("a", 1, nil, true)
  log.debug("not shown: debug is off")
  log.info("%d of %s", 3, "five")
  log.warn("100%")
  log.error("two\nlines")
end
