local say = require "say"

return function()
  say:set_namespace "en"
  say:set("money", "I have %s of %s")
  say:set_namespace "fr"
  say:set("money", "J'ai %s de %s")
  assert(say("money", { 1, 2 }) == "J'ai 1 de 2", "fr")
  say:set_namespace "en"
  assert(say("money", { 1, 2 }) == "I have 1 of 2", "en")
  return "ok"
end
