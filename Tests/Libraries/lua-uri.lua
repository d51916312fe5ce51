local URI = require "uri"

return function()
  local uri = assert(URI:new "HTTP://Example.COM:80/a/../b?x=1#f")
  assert(tostring(uri) == "http://example.com/b?x=1#f" and uri:host() == "example.com", tostring(uri))
  uri:query "y=2"
  assert(uri:uri() == "http://example.com/b?y=2#f", uri:uri())
  local none, message = URI:new "http://[bad/"
  assert(none == nil and message, "an error")
  assert(URI:new "urn:isbn:0-395-36341-1":scheme() == "urn", "urn")
  return "ok"
end
