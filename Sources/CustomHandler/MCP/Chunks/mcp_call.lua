-- The object `call`, which tools, resources and prompts get: who asks and how, progress, log, and questions to the client.
local own, schema, content, wrap, fail = ...
local decode, encode, stream = own.decode, own.encode, own.stream
local quote, object = content.quote, content.object
local find, format = string.find, string.format
local concat, sort = table.concat, table.sort
local error, next, rawget, setmetatable, type = error, next, rawget, setmetatable, type

local calls = {}

-- A message for the client's model may have content.
schema.blockText = content.blockText

-- MARK: The post

-- A post is one HTTP request with one message, or several. `respond` sends the messages of the answer: alone as JSON, or as
-- events if something was sent before the results.

-- Sends a notification or a question before the result. Returns false if the client takes only JSON.
local function send(post, json)
    if not post.takesEvents then return false end
    if post.streams then
        if not post.hasBegun then
            post.hasBegun = true
            stream.begin()
        end
        stream.send(own.event(json))
    else
        -- The host passes on whole responses only, so the events wait for the result.
        local kept = post.kept or {}
        post.kept = kept
        kept[#kept + 1] = own.event(json)
    end
    return true
end

-- Ends the post with its last message, whatever the script still runs.
local function conclude(post, json, status)
    if post.hasBegun then
        stream.conclude(200, "text/event-stream", own.event(json))
    elseif post.kept then
        stream.conclude(200, "text/event-stream", concat(post.kept) .. own.event(json))
    else
        stream.conclude(status, "application/json", json)
    end
end

-- MARK: Members

-- The state of a call, which scripts cannot see: the message, the post, and what was asked.
local STATE = {}
local methods = {}

local function state(call, name)
    local found = type(call) == "table" and rawget(call, STATE)
    if not found then fail(format("call it with a colon: call:%s(…)", name)) end
    return found
end

-- What a script reads, made when it reads it.
local late = {}

function late.id(state) return decode(state.message.id) end
function late.method(state) return state.message.method end
function late.revision(state) return state.message.revision end
function late.token(state) return state.message.token and decode(state.message.token) end

function late.headers(state)
    local headers = {}
    for name, value in next, state.post.headers do
        local isPrincipal = find(name, "^x%-ms%-client%-principal")
        local isHidden = name == "authorization" or name == "x-functions-key" or isPrincipal and not state.post.trustsPrincipal
        if not isHidden then headers[name] = value end
    end
    return headers
end

function late.principal(state) return state.post.principal end

function late.client(state)
    local message = state.message
    local client = message.client and decode(message.client) or {}
    client.capabilities = message.capabilities and decode(message.capabilities)
    return client
end

local Call = { __name = "call", __metatable = false }
function Call.__index(call, name)
    local method = methods[name]
    if method then return method end
    local found = rawget(call, STATE)
    if name == "cancelled" then return own.cancelled() end
    local make = late[name]
    if not make then return nil end
    local value = make(found)
    call[name] = value
    return value
end

-- Makes the call of a message. `answers` and `remembered` come from earlier rounds of questions.
function calls.make(post, message, answers, remembered)
    return setmetatable({ [STATE] = {
        post = post, message = message, answers = answers, remembered = remembered, asked = 0,
    } }, Call)
end

-- MARK: Progress and log

methods.progress = function(call, progress, total, text)
    local state = state(call, "progress")
    if type(progress) ~= "number" then fail(format("progress must be a number, not a %s", type(progress))) end
    if total ~= nil and type(total) ~= "number" then fail(format("total must be a number, not a %s", type(total))) end
    local token = state.message.token
    -- The protocol wants each report to be higher than the one before.
    if not token or state.progress and progress <= state.progress then return end
    state.progress = progress
    send(state.post, '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":' .. token
        .. ',"progress":' .. encode(progress) .. (total and ',"total":' .. encode(total) or "")
        .. (text ~= nil and ',"message":' .. quote(text, "the message of a progress report") or "") .. "}}")
end

local LEVELS = { debug = 1, info = 2, notice = 3, warning = 4, error = 5, critical = 6, alert = 7, emergency = 8 }
calls.levels = LEVELS

methods.log = function(call, level, data, logger)
    local state = state(call, "log")
    local rank = LEVELS[level]
    if not rank then
        fail(format("the level %s is none of debug, info, notice, warning, error, critical, alert, emergency", own.shown(level)))
    end
    if data == nil then fail "call:log takes a level and what to log, such as call:log(\"info\", \"started\")" end
    local message = state.message
    local least = message.level and LEVELS[message.level]
    -- A modern client names a level if it wants to see anything. Older ones said so in an earlier request.
    if message.isModern and (not least or rank < least) then return end
    send(state.post, '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"' .. level .. '"'
        .. (logger ~= nil and ',"logger":' .. quote(logger, "the logger") or "") .. ',"data":' .. encode(data) .. "}}")
end

-- MARK: Questions

local function names(requests)
    if type(requests) ~= "table" then fail(format("call:ask takes a table such as { city = mcp.elicit { … } }, not a %s", type(requests))) end
    local list = {}
    for name, node in next, requests do
        if type(name) ~= "string" or not schema.isQuestion(node) then
            fail(format("call:ask: %s must be mcp.elicit, mcp.sample or mcp.roots, under a name", own.shown(name)))
        end
        list[#list + 1] = name
    end
    if #list == 0 then fail "call:ask needs at least one question" end
    sort(list)
    return list
end

local function result(state, json, status)
    conclude(state.post, '{"jsonrpc":"2.0","id":' .. state.message.id .. json .. "}", status)
end

-- Whether the client has declared that it can answer the question.
local function canAnswer(capabilities, needs)
    local declared = capabilities[needs.kind]
    if type(declared) ~= "table" then return false end
    if not needs.mode then return true end
    -- A client that names no mode of elicitation has forms.
    if needs.mode == "form" then return declared.form ~= nil or next(declared) == nil end
    return declared[needs.mode] ~= nil
end

-- Ends this round: the client gets the questions and sends the request again with the answers.
local function askAgain(state, requests, missing)
    local capabilities = state.message.capabilities and decode(state.message.capabilities) or {}
    local texts = {}
    for index = 1, #missing do
        local name = missing[index]
        local needs = requests[name].needs
        if not canAnswer(capabilities, needs) then
            local mode = needs.mode and needs.mode ~= "form" and '{"' .. needs.mode .. '":{}}' or "{}"
            return result(state, format(
                ',"error":{"code":-32021,"message":"Client capability %s required","data":{"requiredCapabilities":{"%s":%s}}}',
                needs.kind, needs.kind, mode), 400)
        end
        texts[index] = encode(name) .. ':{"method":"' .. requests[name].method .. '","params":' .. requests[name].params .. "}"
    end
    local sealed = ""
    if next(state.answers) ~= nil or next(state.remembered) ~= nil then
        local list = own.array {}
        for index = 1, state.asked do list[index] = state.remembered[index] == nil and own.null or state.remembered[index] end
        local payload = '{"answers":' .. object(state.answers, "answers") .. ',"remembered":' .. encode(list) .. "}"
        sealed = ',"requestState":"' .. state.post.seal(payload, state.post.binding(state.message)) .. '"'
    end
    result(state, ',"result":{"resultType":"input_required","inputRequests":{' .. concat(texts, ",") .. "}" .. sealed
        .. ',"_meta":{' .. state.post.meta .. "}}", 200)
end

-- Seconds. The deadline of the invocation comes first.
local LONGEST_WAIT = 1e6

-- Sends the questions on the open response and waits for the answers, which the client posts.
local function askNow(state, requests, list)
    local post = state.post
    if not (post.streams and post.takesEvents) then
        error("the client cannot be asked: this needs a response that reaches it piece by piece", 0)
    end
    local ids = {}
    for index = 1, #list do
        local request = requests[list[index]]
        local id = stream.newID()
        if not stream.ask(id) then error("the client cannot be asked: too many questions are open", 0) end
        ids[index] = id
        send(post, '{"jsonrpc":"2.0","id":"' .. id .. '","method":"' .. request.method .. '","params":' .. request.older .. "}")
    end
    for index = 1, #list do
        local text, isError = stream.await(ids[index], LONGEST_WAIT)
        local name = list[index]
        if not text then error(format("the client did not answer the question '%s' in time", name), 0) end
        local answer = decode(text)
        if isError then
            error(format("the client cannot answer the question '%s': %s", name, type(answer) == "table" and answer.message or text), 0)
        end
        local value, problem = requests[name].accept(answer)
        if value == nil then error(format("the client's answer to '%s' is wrong: %s", name, problem), 0) end
        state.answers[name] = answer
    end
end

methods.ask = function(call, requests, remember)
    local state = state(call, "ask")
    local list = names(requests)
    state.asked = state.asked + 1
    local index = state.asked
    if state.remembered[index] == nil then state.remembered[index] = remember end
    local missing = {}
    for position = 1, #list do
        local name = list[position]
        local answer = state.answers[name]
        local value = answer ~= nil and requests[name].accept(answer) or nil
        if value == nil then
            state.answers[name] = nil
            missing[#missing + 1] = name
        end
    end
    if #missing > 0 then
        if state.message.isModern then askAgain(state, requests, missing) else askNow(state, requests, missing) end
    end
    local answers = {}
    for position = 1, #list do
        local name = list[position]
        answers[name] = requests[name].accept(state.answers[name])
    end
    local remembered = state.remembered[index]
    if remembered == own.null then remembered = nil end
    return answers, remembered
end

for name, method in next, methods do methods[name] = wrap(method, "call:" .. name .. "(…)") end

calls.send, calls.conclude = send, conclude
return calls
