-- A batch of events, each the text of a JSON object; every hot one becomes a message of the queue "alerts".
local json = require "json"

return function(data)
  local alerts = json.array()
  for _, text in ipairs(data.events) do
    local event = json.decode(text)
    if event.temperature > 90 then
      alerts[#alerts + 1] = { device = event.device, temperature = event.temperature }
    end
  end
  return { alerts = alerts }
end
