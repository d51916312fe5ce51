-- An MCP server at http://localhost:7071/api/mcp: assistants and editors call its tools.
local http = require "http"
local mcp = require "mcp"
local url = require "url"

-- The answer of an API as a value. What goes wrong is the tool's error, which the model sees.
local function get(address, parameters)
  local response, message = http.get(address .. "?" .. url.query(parameters), { timeout = 10 })
  if not response then error(message, 0) end
  if response.status ~= 200 then error("the weather service answers " .. response.status, 0) end
  return response:json()
end

return mcp.server {
  name = "sample",
  version = "1.0.0",
  tools = {
    forecast = {
      description = "The weather of a city, day by day, from the service open-meteo.com",
      input = {
        city = mcp.string "name of the city, in any language",
        days = mcp.integer { "how many days, with today", default = 3, min = 1, max = 7 },
      },
      output = {
        place = mcp.string(),
        days = mcp.array {
          items = mcp.object { fields = { date = mcp.string(), low = mcp.number "in °C", high = mcp.number "in °C" } },
        },
      },
      run = function(arguments, call)
        local found = get("https://geocoding-api.open-meteo.com/v1/search", { name = arguments.city, count = 1 }).results
        local place = found and found[1]
        if not place then error("there is no city '" .. arguments.city .. "'", 0) end
        call:progress(1, 2, place.name .. ", " .. place.country)
        local daily = get("https://api.open-meteo.com/v1/forecast", {
          latitude = place.latitude, longitude = place.longitude, forecast_days = arguments.days, timezone = "auto",
          daily = "temperature_2m_min,temperature_2m_max",
        }).daily
        local days = {}
        for i, date in ipairs(daily.time) do
          days[i] = { date = date, low = daily.temperature_2m_min[i], high = daily.temperature_2m_max[i] }
        end
        return { place = place.name .. ", " .. place.country, days = days }
      end,
    },
    read_page = {
      description = "The source of a page of this site, or of its style sheet",
      input = {
        -- No slash and no dots in the name, so that the path leads to no other folder.
        name = mcp.string { "such as index.html or style.css", default = "index.html", pattern = [[^\w+\.(html|css)$]] },
      },
      run = function(arguments)
        local file <close> = assert(io.open("public/" .. arguments.name))
        return file:read "a"
      end,
    },
  },
}
