local mediator = require "mediator"()

return function()
  local got = {}
  mediator:subscribe({ "news" }, function(text) got[#got + 1] = "all " .. text return text, true end)
  local sports = mediator:subscribe({ "news", "sports" }, function(text)
    got[#got + 1] = "sports " .. text
    return nil, true
  end)
  assert(mediator:publish({ "news", "sports" }, "goal")[1] == "goal", "the results")
  mediator:removeSubscriber(sports.id, { "news", "sports" })
  mediator:publish({ "news", "sports" }, "end")
  assert(table.concat(got, ", ") == "sports goal, all goal, all end", table.concat(got, ", "))
  return "ok"
end
