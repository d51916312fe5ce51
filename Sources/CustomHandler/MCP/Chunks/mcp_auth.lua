-- Who may call a server: bearer tokens with the metadata that leads clients to their issuer (RFC 9728), or App Service's own
-- sign-in.
local own, wrap, fail = ...
local decode, encode, unknown = own.decode, own.encode, own.unknown
local format, gmatch, gsub, lower, match, sub = string.format, string.gmatch, string.gsub, string.lower, string.match, string.sub
local concat = table.concat
local getenv = os.getenv
local next, pcall, rawlen, type = next, pcall, rawlen, type

local auth = {}

local OPTIONS = "algorithms audience authorizationServers issuer jwks keys leeway name resource scopes secret"
local VERIFIED = { "algorithms", "issuer", "jwks", "keys", "leeway", "secret" }
local WELL_KNOWN = "/.well-known/oauth-protected-resource"

local function list(value, what)
    if value == nil then return {} end
    if type(value) == "string" then return { value } end
    if type(value) ~= "table" then fail(format("%s must be text or a list of texts, not a %s", what, type(value))) end
    for index = 1, rawlen(value) do
        if type(value[index]) ~= "string" then fail(format("%s: element %d must be a string", what, index)) end
    end
    return value
end

-- Reads `auth`. All of it comes from the script's configuration, never from a header that a caller could set.
local function read(definition, what)
    if type(definition) ~= "table" then fail(format('%s must be a table or "easyauth", not a %s', what, type(definition))) end
    local message = unknown(definition, OPTIONS, what .. " has no member")
    if message then fail(message) end
    local resource = definition.resource
    local origin, path = match(type(resource) == "string" and resource or "", "^(https?://[^/?#]+)([^?#]*)$")
    if not origin then
        fail(what .. '.resource must be the URL of the server as clients write it, such as "https://example.com/mcp"')
    end
    path = gsub(path, "/$", "")
    local servers = list(definition.authorizationServers or definition.issuer, what .. ".authorizationServers")
    if #servers == 0 then fail(what .. " needs an issuer, or authorizationServers") end
    local scopes = list(definition.scopes, what .. ".scopes")
    local metadata = '{"resource":' .. encode(origin .. path) .. ',"authorization_servers":' .. encode(servers)
        .. (#scopes > 0 and ',"scopes_supported":' .. encode(scopes) or "") .. ',"bearer_methods_supported":["header"]'
        .. (definition.name and ',"resource_name":' .. encode(definition.name) or "") .. "}"
    return { resource = origin .. path, path = path, metadata = metadata, url = origin .. WELL_KNOWN .. path, scopes = scopes }
end

local function metadata(settings, method)
    if method == "GET" or method == "HEAD" then
        return { headers = { ["content-type"] = "application/json", ["access-control-allow-origin"] = "*" }, body = settings.metadata }
    end
    return { statusCode = 405, headers = { allow = "GET", ["access-control-allow-origin"] = "*" } }
end

local function challenge(settings, status, code, text)
    local scope = #settings.scopes > 0 and ', scope="' .. concat(settings.scopes, " ") .. '"' or ""
    return {
        statusCode = status,
        headers = {
            ["content-type"] = "application/json",
            ["www-authenticate"] = format('Bearer error="%s", error_description="%s"%s, resource_metadata="%s"', code, text, scope, settings.url),
        },
        body = '{"error":"' .. code .. '","error_description":"' .. text .. '"}',
    }
end

-- Whether the claims have a scope, as users' tokens (`scp`, `scope`) or apps' tokens (`roles`) say it.
local function hasScope(claims, wanted)
    for _, name in next, { "scope", "scp", "roles" } do
        local value = claims[name]
        if type(value) == "string" then
            for scope in gmatch(value, "%S+") do if scope == wanted then return true end end
        elseif type(value) == "table" then
            for index = 1, rawlen(value) do if value[index] == wanted then return true end end
        end
    end
    return false
end

local function bearer(definition)
    local settings = read(definition, "auth")
    local options = { audience = definition.audience or settings.resource }
    for _, name in next, VERIFIED do options[name] = definition[name] end
    local verify = own.jwt().verify
    -- A mistake in the options shows itself now and not at the first token.
    verify("", options)
    return function(post)
        local path = match(post.request.Url or "", "^%a+://[^/?#]*([^?#]*)") or ""
        if sub(path, 1, #WELL_KNOWN) == WELL_KNOWN then return metadata(settings, post.request.Method) end
        local token = match(post.headers.authorization or "", "^[Bb][Ee][Aa][Rr][Ee][Rr] +(%S+) *$")
        if not token then return challenge(settings, 401, "invalid_token", "Missing or malformed bearer token") end
        local claims, message, kind = verify(token, options)
        if not claims then
            own.log("info", "mcp: a token was refused: " .. message)
            if kind == "jwks" then return { statusCode = 503 } end
            return challenge(settings, 401, "invalid_token", kind == "expired" and "Token has expired" or "Invalid token")
        end
        for _, scope in next, settings.scopes do
            if not hasScope(claims, scope) then
                return challenge(settings, 403, "insufficient_scope", "The token lacks the scope " .. scope)
            end
        end
        post.principal = claims
    end
end

local function parsePrincipal(text) return decode(own.base64.decode(text)) end

-- App Service has signed the caller in, or has let an anonymous caller through. Without it, anybody could send its header.
local function easyAuth()
    if lower(getenv "WEBSITE_AUTH_ENABLED" or "") ~= "true" then
        own.log("warning", 'auth = "easyauth": WEBSITE_AUTH_ENABLED is not true here, so no caller is signed in')
        return function() return { statusCode = 401 } end
    end
    return function(post)
        post.trustsPrincipal = true
        local isSignedIn, principal = pcall(parsePrincipal, post.headers["x-ms-client-principal"])
        if not isSignedIn or type(principal) ~= "table" then return { statusCode = 401 } end
        principal.name = post.headers["x-ms-client-principal-name"]
        principal.id = post.headers["x-ms-client-principal-id"]
        post.principal = principal
    end
end

local function everybody() return nil end

-- The function that refuses callers, or notes in the post who they are.
function auth.admission(definition)
    if definition == nil then return everybody end
    if definition == "easyauth" then return easyAuth() end
    return bearer(definition)
end

-- The handler of a function with the route `.well-known/{*rest}`.
auth.metadata = wrap(function(definition)
    local settings = read(definition, "mcp.metadata")
    return function(data)
        local request = data[own.trigger]
        local path = match(request.Url or "", "^%a+://[^/?#]*([^?#]*)") or ""
        if path ~= WELL_KNOWN and path ~= WELL_KNOWN .. settings.path then return { statusCode = 404 } end
        return metadata(settings, request.Method)
    end
end)

return auth
