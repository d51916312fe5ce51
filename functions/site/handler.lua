-- A web site: /api/site/style.css is the file public/style.css. The browser asks again each time, and gets a file only if
-- it has changed.
local http = require "http"

return function(data)
  local page, message = http.file(data.req.Params.path, { root = "public" })
  if not page then error(message) end
  page.headers["cache-control"] = "no-cache"
  return page
end
