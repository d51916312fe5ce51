-- mcp.server: reads the definition of a server and returns the handler that answers its requests. Swift decides what a POST
-- is (its era, its headers, its errors); here its messages become answers.
local own, schema, definitions, content, protocol, auth, wrap, fail = ...
local decode, encode, stream, unknown = own.decode, own.encode, own.stream, own.unknown
local methods, success, failure, INTERNAL = protocol.methods, protocol.success, protocol.failure, protocol.internal
local getenv = os.getenv
local quote = content.quote
local find, format, lower, match = string.find, string.format, string.lower, string.match
local concat, sort = table.concat, table.sort
local math_type, next, pcall, rawlen, type = math.type, next, pcall, rawlen, type

local SERVER = "allowedHosts allowedOrigins auth cacheScope completions description icons instructions name pageSize prompts "
    .. "resources templates title tools ttl version websiteUrl"

-- MARK: The handler

-- The errors that have an HTTP status of their own.
local STATUS = { [-32020] = 400, [-32021] = 400, [-32601] = 404 }

local FAMILIES = { completion = "completions", prompts = "prompts", resources = "resources", tools = "tools" }

-- Whether the server has a method. Swift has asked that for a message that comes alone.
local function has(server, method)
    local family = FAMILIES[match(method, "^%a+")]
    return methods[method] ~= nil and (family == nil or server.families[family] ~= nil)
end

-- Answers one message. Returns the JSON text of the answer and the HTTP status.
local function answer(server, post, message)
    if post.isBatch and not has(server, message.method) then
        return failure(message, -32601, "method not found: " .. message.method), 200
    end
    local ok, members, code, text, data = pcall(methods[message.method], server, message, post)
    if not ok then
        server.log("error", message.method .. ": " .. own.shown(members))
        return failure(message, INTERNAL, "Internal error"), 200
    end
    if members then return success(server, message, members, code), 200 end
    return failure(message, code, text, data), STATUS[code] or 200
end

local EVENTS = { ["content-type"] = "text/event-stream", ["cache-control"] = "no-cache" }
local PLAIN = { ["content-type"] = "application/json" }

-- Answers the messages of a post and returns the response.
local function respond(server, post, messages)
    local texts, status = {}, 200
    for index = 1, #messages do
        local message = messages[index]
        if not message.method then goto continue end
        if not message.isModern then stream.ignoreDisconnect() end
        stream.fallback("application/json", failure(message, INTERNAL, "The request took too much time or memory, or its function failed"))
        local text
        text, status = answer(server, post, message)
        if post.listens then return nil end
        if post.hasBegun then stream.send(own.event(text)) else texts[#texts + 1] = text end
        ::continue::
    end
    if post.hasBegun then return nil end
    if post.kept then
        for index = 1, #texts do post.kept[#post.kept + 1] = own.event(texts[index]) end
        return { statusCode = 200, headers = EVENTS, body = concat(post.kept) }
    end
    local body = post.isBatch and "[" .. concat(texts, ",") .. "]" or texts[1]
    return { statusCode = status, headers = PLAIN, body = body }
end

-- What a signed state belongs to: the caller, the method, and its arguments, however they are written.
local function binding(post)
    return function(message)
        local values = message.arguments and encode(decode(message.arguments), { sorted = true }) or ""
        return concat({ post.principal and encode(post.principal, { sorted = true }) or "", message.method,
            message.name or message.uri or "", values }, "\n")
    end
end

-- The headers of a request by name in lower case, each as one text.
local function headers(request)
    local texts = {}
    for name, lines in next, request.Headers or {} do
        texts[lower(name)] = type(lines) == "table" and concat(lines, ", ") or lines
    end
    return texts
end

local function refuse(status, body, allow)
    return { statusCode = status, headers = allow and { allow = allow } or body and PLAIN or nil, body = body }
end

local function makeHandler(server)
    local rules = server.rules
    return function(data)
        local request = data[own.trigger]
        local fields = headers(request)
        local post = { request = request, headers = fields, meta = server.meta }
        local host = own.isProxied() and fields["x-forwarded-host"] or fields.host
        local status, body, allow = rules.admit("POST", host, fields.origin)
        if status then return refuse(status, body, allow) end
        local refusal = server.admit(post)
        if refusal then return refusal end
        -- Callers over a network cannot have this.
        post.isStdio = fields["mcp-transport"] == "stdio" and own.isLocal()
        status, body, allow = rules.admit(request.Method, host, fields.origin)
        if status then return refuse(status, body, allow) end
        local messages, isBatch, asks
        status, messages, isBatch, asks = rules.route(
            request.Method, request.Body, fields.accept, fields["content-type"], fields["mcp-method"], fields["mcp-name"],
            fields["mcp-protocol-version"], post.isStdio and fields["mcp-legacy-only"] ~= nil)
        if status then return refuse(status, messages, isBatch) end
        post.isBatch, post.streams = isBatch, stream.streams()
        local accept = fields.accept or "*/*"
        post.takesEvents = find(accept, "text/event-stream", 1, true) ~= nil or find(accept, "*/*", 1, true) ~= nil
        post.binding, post.open, post.seal = binding(post), server.signer.open, server.signer.seal
        for index = 1, #messages do
            local message = messages[index]
            -- The client's answer to a question, for the call that waits for it.
            -- Our questions have texts as ids.
            local id = not message.method and message.id and decode(message.id)
            if type(id) == "string" then stream.deliver(id, message.isError, message.result) end
        end
        if not asks then return { statusCode = 202 } end
        return respond(server, post, messages)
    end
end

-- MARK: The definition

local function texts(value, what)
    if value == nil then return nil end
    if type(value) == "string" then value = { value } end
    if type(value) ~= "table" then fail(format("%s must be a list of texts, not a %s", what, type(value))) end
    for index = 1, rawlen(value) do
        if type(value[index]) ~= "string" then fail(format("%s: element %d must be a string", what, index)) end
    end
    return value
end

local function number(value, what, default)
    if value == nil then return default end
    if type(value) ~= "number" or value < 0 then fail(what .. " must be a number of 0 or more") end
    return value
end

local function capabilities(families)
    local function text(streams)
        local list = { '"logging":{}' }
        for name in next, families do
            if name == "completions" then
                list[#list + 1] = '"completions":{}'
            elseif not streams then
                list[#list + 1] = '"' .. name .. '":{}'
            else
                list[#list + 1] = '"' .. name .. '":{"listChanged":true' .. (name == "resources" and ',"subscribe":true}' or "}")
            end
        end
        sort(list)
        return "{" .. concat(list, ",") .. "}"
    end
    local streamed, whole = text(true), text(false)
    return function() return stream.streams() and streamed or whole end
end

local function server(definition)
    if type(definition) ~= "table" then fail(format("mcp.server takes a table, not a %s", type(definition))) end
    local message = unknown(definition, SERVER, "mcp.server has no member")
    if message then fail(message) end
    if not own.trigger then
        fail "mcp.server needs a function with an httpTrigger; luafunc new NAME --template mcp writes one"
    end
    local server = { log = own.log, implementation = definitions.implementation(definition) }
    server.tools, server.tool = definitions.tools(definition.tools)
    server.resources, server.resource = definitions.resources(definition.resources)
    server.templates, server.template = definitions.templates(definition.templates)
    server.prompts, server.prompt = definitions.prompts(definition.prompts)
    server.completions = definitions.completions(definition.completions, server.prompt, server.template)
    server.families = {
        tools = definition.tools and true, prompts = definition.prompts and true,
        resources = (definition.resources or definition.templates) and true, completions = server.completions and true,
    }
    server.completions = server.completions or {}
    server.capabilities = capabilities(server.families)
    server.instructions = definition.instructions and ',"instructions":' .. quote(definition.instructions, "instructions") or ""
    server.meta = '"io.modelcontextprotocol/serverInfo":' .. server.implementation
    local scope = definition.cacheScope or "private"
    if scope ~= "private" and scope ~= "public" then fail 'cacheScope must be "private" or "public"' end
    server.cache = format(',"ttlMs":%d,"cacheScope":"%s"', number(definition.ttl, "ttl", 0) * 1000 // 1, scope)
    server.pageSize = definition.pageSize
    if server.pageSize and (math_type(server.pageSize) ~= "integer" or server.pageSize < 1) then
        fail "pageSize must be a whole number of 1 or more"
    end
    local problem
    server.rules, problem = own.rules(
        server.families, texts(definition.allowedHosts, "allowedHosts"), texts(definition.allowedOrigins, "allowedOrigins"),
        getenv "WEBSITE_HOSTNAME")
    if problem then fail("mcp.server: " .. problem) end
    server.signer, problem = own.signer(getenv "MCP_STATE_KEY")
    if problem then fail(problem) end
    server.admit = auth.admission(definition.auth)
    return makeHandler(server)
end

local kinds = { tools = true, prompts = true, resources = true }

local module = {
    server = wrap(server), metadata = auth.metadata,
    changed = wrap(function(kind)
        if not kinds[kind] then fail(format('mcp.changed takes "tools", "prompts" or "resources", not %s', own.shown(kind))) end
        stream.publish(kind)
    end),
    updated = wrap(function(uri)
        if type(uri) ~= "string" then fail(format("mcp.updated takes the URI of a resource, not a %s", type(uri))) end
        stream.publish("updated", uri)
    end),
}
for name, member in next, content.public do module[name] = member end
for name, member in next, schema.public do module[name] = member end
return module
