local argparse = require "argparse"

return function()
  local parser = argparse("convert", "Converts a file.")
  parser:argument("input", "The file.")
  parser:option("-o --output", "Where to write.", "a.out")
  parser:flag("-v --verbose")
  local options = parser:parse { "in.txt", "-v", "--output", "b" }
  assert(options.input == "in.txt" and options.output == "b" and options.verbose, "options")
  assert(parser:get_usage() == "Usage: convert [-h] [-o <output>] [-v] <input>", parser:get_usage())
  local ok, message = parser:pparse { "--none" }
  assert(not ok and message:find("unknown option '--none'", 1, true), message)
  return "ok"
end
