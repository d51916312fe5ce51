-- The methods of the protocol, and how their results and errors are written.
local own, content, calls, wrap, fail = ...
local array, base64, decode, encode, stream = own.array, own.base64, own.decode, own.encode, own.stream
local quote = content.quote
local format, gsub, lower, sub = string.format, string.gsub, string.lower, string.sub
local concat = table.concat
local next, pcall, rawlen, tostring, type, xpcall = next, pcall, rawlen, tostring, type, xpcall

-- MARK: Results

-- A method returns the members of its result, and the members of its `_meta` or nil; or nil, a code, a message and the JSON
-- text of the error's data.

local INVALID, MISSING, INTERNAL, UNKNOWN = -32602, -32002, -32603, -32601

local function success(server, message, members, meta)
    if not message.isModern then
        if meta then members = members .. (members == "" and "" or ",") .. '"_meta":' .. meta end
        return '{"jsonrpc":"2.0","id":' .. message.id .. ',"result":{' .. members .. "}}"
    end
    meta = server.meta .. (meta and meta ~= "{}" and "," .. sub(meta, 2, -2) or "")
    return '{"jsonrpc":"2.0","id":' .. message.id .. ',"result":{"resultType":"complete",' .. members
        .. (members == "" and "" or ",") .. '"_meta":{' .. meta .. "}}}"
end

local function failure(message, code, text, data)
    return '{"jsonrpc":"2.0","id":' .. message.id .. ',"error":{"code":' .. code .. ',"message":' .. encode(text)
        .. (data and ',"data":' .. data or "") .. "}}"
end

-- Runs a function of the script. Returns true and its results, or false and the message without the place, which is for the
-- log only.
local function attempt(server, what, run, ...)
    local function handle(problem)
        local text = type(problem) == "table" and own.tableText(problem) or tostring(problem)
        server.log("error", format("%s: %s", what, text))
        return (gsub(text, "^[^\n:]+%.lua:%d+: ", ""))
    end
    return xpcall(run, handle, ...)
end

-- MARK: Lists

-- One page of a list. A cursor holds the name after which the page begins, so it stays valid when the list changes.
local function page(server, message, list, name, field)
    local first = 1
    if message.cursor then
        local isCursor, after = pcall(base64.decodeURL, message.cursor)
        if not isCursor then return nil, INVALID, "Invalid cursor" end
        while list[first] and list[first].name <= after do first = first + 1 end
    end
    local last = #list
    if server.pageSize then last = first + server.pageSize - 1 end
    local texts = {}
    for index = first, last do
        local entry = list[index]
        if not entry then break end
        texts[#texts + 1] = entry[field] or entry.text
    end
    local text = '"' .. name .. '":[' .. concat(texts, ",") .. "]"
    if list[last + 1] then text = text .. ',"nextCursor":"' .. base64.encodeURL(list[last].name) .. '"' end
    return text .. (message.isModern and server.cache or "")
end

local methods = {}

methods["tools/list"] = function(server, message)
    return page(server, message, server.tools, "tools", message.isModern and "text" or "older")
end
methods["prompts/list"] = function(server, message) return page(server, message, server.prompts, "prompts", "text") end
methods["resources/list"] = function(server, message) return page(server, message, server.resources, "resources", "text") end
methods["resources/templates/list"] = function(server, message)
    return page(server, message, server.templates, "resourceTemplates", "text")
end

-- MARK: Lifecycle

methods.initialize = function(server, message)
    return '"protocolVersion":"' .. message.revision .. '","capabilities":' .. server.capabilities() .. ',"serverInfo":'
        .. server.implementation .. server.instructions
end

methods["server/discover"] = function(server, message)
    return '"supportedVersions":' .. own.modern .. ',"capabilities":' .. server.capabilities() .. server.instructions
        .. server.cache
end

local function nothing() return "" end
methods.ping = nothing
methods["resources/subscribe"] = nothing
methods["resources/unsubscribe"] = nothing
methods["logging/setLevel"] = function(_, message)
    if not calls.levels[message.level] then return nil, INVALID, "Invalid log level" end
    return ""
end

methods["subscriptions/listen"] = function(server, message, post)
    local filter = message.filter and decode(message.filter)
    if type(filter) ~= "table" or own.kind(filter) == "array" then return nil, INVALID, "notifications must be an object" end
    local wanted, texts = { uris = {} }, {}
    for _, kind in next, { "tools", "prompts", "resources" } do
        if filter[kind .. "ListChanged"] == true and server.families[kind] then
            wanted[kind] = true
            texts[#texts + 1] = '"' .. kind .. 'ListChanged":true'
        end
    end
    local uris = filter.resourceSubscriptions
    if uris ~= nil and uris ~= own.null then
        if type(uris) ~= "table" then return nil, INVALID, "resourceSubscriptions must be a list of URIs" end
        for index = 1, rawlen(uris) do
            if type(uris[index]) ~= "string" then return nil, INVALID, "resourceSubscriptions must be a list of URIs" end
            wanted.uris[uris[index]] = true
        end
        if server.families.resources then texts[#texts + 1] = '"resourceSubscriptions":' .. encode(array(uris)) end
    end
    local id = '"io.modelcontextprotocol/subscriptionId":' .. message.id
    local first = '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{'
        .. concat(texts, ",") .. '},"_meta":{' .. id .. "}}}"
    local last = success(server, message, "", "{" .. id .. "}")
    -- Where responses are not streamed, the server does not offer this.
    if not post.streams then return nil, UNKNOWN, "Method not found" end
    local begins, problem = stream.listen(own.event(first), own.event(last), message.id, wanted)
    if not begins then return nil, INTERNAL, problem end
    post.listens = true
    return ""
end

-- MARK: Calls

-- The call of a message, with the answers of earlier rounds; or nil and an error.
local function begin(server, post, message)
    local answers, remembered = {}, {}
    if message.state then
        local payload = post.open(message.state, post.binding(message))
        if not payload then
            return nil, INVALID, "Invalid or expired requestState", '{"reason":"invalid_request_state"}'
        end
        payload = decode(payload)
        answers, remembered = payload.answers, payload.remembered
    end
    if message.responses then
        local responses = decode(message.responses)
        if type(responses) ~= "table" or own.kind(responses) == "array" then
            return nil, INVALID, "inputResponses must be an object"
        end
        -- What is no answer leads to the same question again.
        for name, response in next, responses do
            if type(response) == "table" then answers[name] = response end
        end
    end
    return calls.make(post, message, answers, remembered)
end

-- The decoded arguments of a message; or nil and an error.
local function arguments(message)
    if not message.arguments then return own.object {} end
    local value = decode(message.arguments)
    if type(value) ~= "table" or own.kind(value) == "array" then return nil, INVALID, "arguments must be an object" end
    return value
end

-- What is wrong with the headers that repeat arguments; nil if nothing is.
local function mismatch(list, values, headers)
    for _, mirrored in next, list do
        local value = values
        for _, name in next, mirrored.path do value = type(value) == "table" and value[name] or nil end
        if value ~= nil and value ~= own.null then
            local problem = own.fault(mirrored.name, headers["mcp-param-" .. lower(mirrored.name)], value)
            if problem then return "Header mismatch: " .. problem end
        end
    end
end

methods["tools/call"] = function(server, message, post)
    if type(message.name) ~= "string" then return nil, INVALID, "params.name must be the name of a tool" end
    local tool = server.tool[message.name]
    if not tool then return nil, INVALID, "Unknown tool: " .. message.name end
    local values, code, text = arguments(message)
    if not values then return nil, code, text end
    if message.isModern and not post.isStdio then
        local problem = mismatch(tool.input.headers, values, post.headers)
        if problem then return nil, -32020, problem end
    end
    local call, problem, reason, data = begin(server, post, message)
    if not call then return nil, problem, reason, data end
    local isValid, mistakes = tool.input.check(values)
    if not isValid then return content.failure("Invalid arguments for tool " .. tool.name .. ": " .. mistakes) end
    local function run()
        return content.ofTool(tool, message.isModern, tool.run(values, call))
    end
    local ok, members, meta = attempt(server, "tool " .. tool.name, run)
    if not ok then return content.failure(members) end
    return members, meta
end

methods["prompts/get"] = function(server, message, post)
    local prompt = server.prompt[message.name]
    if not prompt then return nil, INVALID, "Unknown prompt: " .. own.shown(message.name) end
    local values, code, text = arguments(message)
    if not values then return nil, code, text end
    for _, argument in next, prompt.arguments or {} do
        local value = values[argument.name]
        if value == nil and argument.isRequired then return nil, INVALID, "Missing argument: " .. argument.name end
        if value ~= nil and type(value) ~= "string" then return nil, INVALID, "Not a string: " .. argument.name end
    end
    local call, problem, reason, data = begin(server, post, message)
    if not call then return nil, problem, reason, data end
    local function run() return content.ofPrompt(prompt.description, prompt.run(values, call)) end
    local ok, members = attempt(server, "prompt " .. prompt.name, run)
    if not ok then return nil, INTERNAL, members end
    return members
end

methods["resources/read"] = function(server, message, post)
    local uri = message.uri
    if type(uri) ~= "string" then return nil, INVALID, "params.uri must be the URI of a resource" end
    local entry, variables = server.resource[uri], nil
    if not entry then
        for _, template in next, server.templates do
            variables = template.match(uri)
            if variables then
                entry = template
                break
            end
        end
    end
    local text = entry and entry.fixed
    if entry and not text then
        local call, problem, reason, data = begin(server, post, message)
        if not call then return nil, problem, reason, data end
        local function run()
            if variables then return content.ofResource(uri, entry.mimeType, entry.read(variables, call, uri)) end
            return content.ofResource(uri, entry.mimeType, entry.read(uri, call))
        end
        local ok
        ok, text = attempt(server, "resource " .. entry.name, run)
        if not ok then return nil, INTERNAL, text end
    end
    if not text then
        return nil, message.isModern and INVALID or MISSING, "Resource not found", '{"uri":' .. encode(uri) .. "}"
    end
    return '"contents":' .. text .. (message.isModern and server.cache or "")
end

local LONGEST_COMPLETION = 100

methods["completion/complete"] = function(server, message, post)
    local reference = message.reference and decode(message.reference)
    local argument = message.argument and decode(message.argument)
    if type(reference) ~= "table" or type(argument) ~= "table" then
        return nil, INVALID, "params.ref and params.argument must be objects"
    end
    local key = reference.type == "ref/prompt" and reference.name or reference.type == "ref/resource" and reference.uri
    local isKnown
    if reference.type == "ref/prompt" then isKnown = server.prompt[key] else isKnown = server.template[key] or server.resource[key] end
    if not key or not isKnown then return nil, INVALID, "Unknown reference: " .. own.shown(key) end
    if type(argument.name) ~= "string" or type(argument.value) ~= "string" then
        return nil, INVALID, "params.argument needs a name and a value"
    end
    local completers = server.completions[key]
    local completer = completers and completers[argument.name]
    local values = {}
    if type(completer) == "table" then
        for index = 1, rawlen(completer) do
            local text = completer[index]
            if sub(text, 1, #argument.value) == argument.value then values[#values + 1] = text end
        end
    elseif completer then
        local context = message.context and decode(message.context)
        local others = type(context) == "table" and type(context.arguments) == "table" and context.arguments or {}
        local call, problem, reason, data = begin(server, post, message)
        if not call then return nil, problem, reason, data end
        local ok, list = attempt(server, "the completion of " .. key, completer, argument.value, others, call)
        if not ok then return nil, INTERNAL, list end
        if list ~= nil and type(list) ~= "table" then
            return nil, INTERNAL, "The completion of " .. key .. " must return a list, not a " .. type(list)
        end
        values = list or {}
    end
    local texts, count = {}, rawlen(values)
    for index = 1, count < LONGEST_COMPLETION and count or LONGEST_COMPLETION do
        texts[index] = quote(values[index], "a completion")
    end
    return '"completion":{"values":[' .. concat(texts, ",") .. '],"total":' .. count .. ',"hasMore":'
        .. (count > #texts and "true}" or "false}")
end

return { methods = methods, success = success, failure = failure, internal = INTERNAL }
