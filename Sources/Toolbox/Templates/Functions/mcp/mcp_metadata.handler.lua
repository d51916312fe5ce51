-- Tells MCP clients where to sign in for NAME, at /.well-known/oauth-protected-resource. Only a server with auth = { … }
-- needs this; otherwise delete this folder.
--
-- Trap: clients look at the root of the host, so "routePrefix" in host.json must be "".
return require("mcp").metadata {
  -- The URL of the server, as clients write it.
  resource = os.getenv("MCP_SERVER_URL") or "https://APP.azurewebsites.net/api/NAME",
  -- Who signs the tokens; the same as in auth.
  issuer = os.getenv("MCP_ISSUER") or "https://login.microsoftonline.com/TENANT/v2.0",
}
