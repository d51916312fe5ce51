local function call(tool, arguments)
  local r = invoke("mcp", {
    method = "POST",
    headers = { accept = "application/json, text/event-stream", ["mcp-protocol-version"] = "2025-11-25" },
    body = { jsonrpc = "2.0", id = 1, method = "tools/call", params = { name = tool, arguments = arguments } },
  })
  expect(r.response.statusCode):equals(200)
  return r.response:json().result
end

test("a forecast is two calls of the weather service", function()
  local search = stub.http("GET https://geocoding-api.open-meteo.com/*", {
    body = { results = { { name = "Oslo", country = "Norway", latitude = 59.9, longitude = 10.75 } } },
  })
  local forecast = stub.http("GET https://api.open-meteo.com/*", {
    body = { daily = { time = { "2026-03-01" }, temperature_2m_min = { -4.5 }, temperature_2m_max = { 1 } } },
  })
  local result = call("forecast", { city = "Osló", days = 1 })
  expect(result.structuredContent):equals {
    place = "Oslo, Norway", days = { { date = "2026-03-01", low = -4.5, high = 1 } },
  }
  expect(search.calls[1].url):contains "name=Osl%C3%B3"
  expect(forecast.calls[1].url):contains "forecast_days=1"
end)

test("an unknown city is an error for the model", function()
  stub.http("GET https://geocoding-api.open-meteo.com/*", { body = {} })
  local result = call("forecast", { city = "Nowhere" })
  expect(result.isError):isTrue()
  expect(result.content[1].text):contains "there is no city 'Nowhere'"
end)

test("a page of the site is read, and nothing else", function()
  expect(call("read_page", {}).content[1].text):contains "<h1>"
  for _, name in ipairs { "../host.json", "x/y.html", "no.html" } do
    expect(call("read_page", { name = name }).isError):isTrue()
  end
end)
