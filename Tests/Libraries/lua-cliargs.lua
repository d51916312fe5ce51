return function()
  local function parse(...)
    -- The module discards itself after each use.
    local cli = require "cliargs"
    cli:set_name "tool"
    cli:argument("FILE", "the file")
    cli:option("-n, --number=N", "how many", 3)
    cli:flag("-q, --quiet", "no output")
    return cli:parse { ... }
  end
  local options = assert(parse("-q", "--number=7", "x.txt"))
  assert(options.FILE == "x.txt" and options.number == "7" and options.quiet, "options")
  local none, message = parse "--what"
  assert(none == nil and message:find "unknown", message)
  return "ok"
end
