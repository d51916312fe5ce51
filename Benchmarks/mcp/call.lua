-- wrk: one tools/call of the newest revision.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
wrk.headers["Mcp-Method"] = "tools/call"
wrk.headers["Mcp-Name"] = "add"
wrk.body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":2,"b":3},"_meta":{'
  .. '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"1"},'
  .. '"io.modelcontextprotocol/clientCapabilities":{}}}}'

local wrong = 0
function response(status, _, body)
  if status ~= 200 or not body:find('"text":"5"', 1, true) then wrong = wrong + 1 end
end
function done(summary)
  io.write(("requests %d errors %d\n"):format(summary.requests, summary.errors.status + summary.errors.read + summary.errors.timeout))
end
