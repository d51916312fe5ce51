-- What a tool can ask the client: mcp.elicit, mcp.sample and mcp.roots. Each makes a question: `method`, `params` and
-- `older` (the JSON text of its parameters, and that for clients before 2026-07-28), `needs` (the capability), and
-- `accept(answer)`, which returns what the script gets, or nil and what is wrong with the answer.
local references, compiler, tools, schema, wrap, fail = ...
local keys, kind = references.keys, references.kind
local compile, shown = compiler.compile, compiler.shown
local adopt, encode, nearest, newID, null = tools.adopt, tools.encode, tools.nearest, tools.newID, tools.null
local find, format, gsub, match = string.find, string.format, string.gsub, string.match
local concat, sort = table.concat, table.sort
local math_type, next, rawget, rawlen, tonumber, tostring, type = math.type, next, rawget, rawlen, tonumber, tostring, type
local length = utf8.len

local SORTED = { sorted = true }
local QUESTION = {}

function schema.isQuestion(value) return type(value) == "table" and rawget(value, QUESTION) == true end

local function question(method, needs, params, older, accept)
    return { [QUESTION] = true, method = method, needs = needs, params = params, older = older or params, accept = accept }
end

local function check(given, known, what)
    if type(given) ~= "table" then fail(format("%s takes a table of options, not %s", what, shown(given))) end
    for name in next, given do
        if type(name) ~= "string" or not find(" " .. known .. " ", " " .. name .. " ", 1, true) then
            local meant = type(name) == "string" and nearest(name, gsub(known, " ", "\0"))
            fail(format("%s has no option '%s'%s; there are '%s'", what, tostring(name),
                meant and " (did you mean '" .. meant .. "'?)" or "", gsub(known, " ", "', '")))
        end
    end
    return given
end

local function text(value, what)
    if type(value) ~= "string" then fail(format("%s must be a string, not %s", what, shown(value))) end
    if not length(value) then fail(what .. " must be UTF-8") end
    return encode(value)
end

-- MARK: Formats

local function is_date(text)
    local year, month, day = match(text, "^(%d%d%d%d)-(%d%d)-(%d%d)$")
    if not year then return false end
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    local days = month == 2 and (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) and 29 or 28)
        or (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
    return month >= 1 and month <= 12 and day >= 1 and day <= days
end

local formats = {
    date = is_date,
    ["date-time"] = function(text)
        local date, hour, minute, second, zone = match(text, "^(%d%d%d%d%-%d%d%-%d%d)[Tt](%d%d):(%d%d):(%d%d)%.?%d*(.+)$")
        if not date or find(text, ".", 1, true) and not find(text, "%.%d") or not is_date(date) then return false end
        local zoneHour, zoneMinute = match(zone, "^[+-](%d%d):(%d%d)$")
        local isZone = zone == "Z" or zone == "z" or zoneHour and tonumber(zoneHour) < 24 and tonumber(zoneMinute) < 60
        return isZone and tonumber(hour) < 24 and tonumber(minute) < 60 and tonumber(second) <= 60 or false
    end,
    email = function(text) return #text <= 254 and find(text, "^[^%s@%c]+@[^%s@%c]+$") ~= nil end,
    uri = function(text) return find(text, "^%a[%w+.-]*:[^%s%c]+$") ~= nil end,
}

-- MARK: Forms

-- The keywords that a client must understand in a form.
local KEYWORDS = {
    boolean = " type title description default ", array = " type title description default items minItems maxItems ",
    integer = " type title description default minimum maximum ", number = " type title description default minimum maximum ",
    string = " type title description default enum enumNames oneOf minLength maxLength format ",
}

local function form_field(part, what)
    local known = KEYWORDS[part.type]
    if not known then
        fail(what .. ": a form has strings, numbers, integers, booleans, mcp.enum of strings, and mcp.array of such an mcp.enum")
    end
    local made = adopt({}, "object")
    for name, value in next, part do
        if not find(known, " " .. name .. " ", 1, true) then fail(format("%s: a form cannot express '%s'", what, name)) end
        made[name] = value
    end
    if part.format ~= nil and not formats[part.format] then
        fail(format("%s: the format must be email, uri, date or date-time, not %s", what, shown(part.format)))
    end
    if part.type == "array" then
        local items = part.items
        if type(items) ~= "table" or items.type ~= "string" or not (items.enum or items.oneOf) or items.enumNames then
            fail(what .. ": write items = mcp.enum { … } to let the user choose several values")
        end
        made.items = items.enum and { type = "string", enum = items.enum } or { anyOf = items.oneOf }
    end
    return made
end

-- The schema of a form with these fields.
local function form(fields)
    local what = "mcp.elicit's fields"
    local whole = schema.object(fields, what, {})
    local made = adopt({ type = "object", properties = adopt({}, "object"), required = whole.required or adopt({}, "array") }, "object")
    local names = keys(whole.properties)
    if #names == 0 then fail(what .. " must have at least one field") end
    for _, name in next, names do made.properties[name] = form_field(whole.properties[name], what .. "." .. name) end
    return made
end

local actions = { accept = true, cancel = true, decline = true }

local function accept_action(answer)
    if type(answer) ~= "table" or not actions[rawget(answer, "action")] then
        return nil, 'the action must be "accept", "decline" or "cancel"'
    end
    return { action = answer.action }
end

local function accept_form(path)
    local document
    return function(made)
        local text, root = schema.written(made, path)
        document = references.read(root, path)
        document.fills = true
        local compiled, formatted = compile(document), {}
        for _, name in next, keys(root.properties) do formatted[name] = formats[root.properties[name].format] end
        return text, function(answer)
            local result, problem = accept_action(answer)
            if not result or result.action ~= "accept" then return result, problem end
            local content = rawget(answer, "content")
            if content == nil or content == null then content = adopt({}, "object") end
            local ok, mistakes = compiled(content, "content")
            if not ok then return nil, mistakes end
            for name, fits in next, formatted do
                local value = rawget(content, name)
                if value ~= nil and not fits(value) then
                    return nil, format("content.%s: must be a valid %s, got %s", name, root.properties[name].format, shown(value))
                end
            end
            result.content = content
            return result
        end
    end
end

schema.public.elicit = wrap(function(given)
    check(given, "fields message url", "mcp.elicit")
    local message = '"message":' .. text(given.message, "mcp.elicit's message")
    if (given.fields == nil) == (given.url == nil) then fail "mcp.elicit needs either 'fields' or 'url'" end
    if given.url ~= nil then
        local url = ',"url":' .. text(given.url, "mcp.elicit's url")
        if not find(given.url, "^https?://[^%s%c]+$") then fail "mcp.elicit's url must be an http: or https: URL" end
        local params = '{"mode":"url",' .. message .. url
        return question("elicitation/create", { kind = "elicitation", mode = "url" }, params .. "}",
            params .. ',"elicitationId":"' .. newID() .. '"}', accept_action)
    end
    local requested, accept = accept_form "mcp.elicit's fields" (form(given.fields))
    local rest = message .. ',"requestedSchema":' .. requested .. "}"
    return question("elicitation/create", { kind = "elicitation", mode = "form" }, '{"mode":"form",' .. rest, "{" .. rest, accept)
end)

-- MARK: Sampling

-- The JSON text of the content of a message: a text, a block, or a list of blocks.
local function content(value, what, isInside)
    local made = schema.blockText and schema.blockText(value)
    if made then return made end
    if type(value) == "string" then return '{"type":"text","text":' .. text(value, what) .. "}" end
    if type(value) == "table" and type(rawget(value, "type")) == "string" then return encode(value, SORTED) end
    if isInside or type(value) ~= "table" or rawlen(value) == 0 then
        fail(format("%s must be text or a block such as mcp.image, not %s", what, shown(value)))
    end
    local texts = {}
    for index = 1, rawlen(value) do texts[index] = content(value[index], what, true) end
    return "[" .. concat(texts, ",") .. "]"
end

local function messages(given)
    if (given.prompt == nil) == (given.messages == nil) then fail "mcp.sample needs either 'prompt' or 'messages'" end
    local list = given.messages
    if given.prompt ~= nil then list = { { role = "user", content = given.prompt } } end
    if type(list) ~= "table" or rawlen(list) == 0 then fail "mcp.sample's messages must be a list of messages" end
    local texts = {}
    for index = 1, rawlen(list) do
        local message, what = list[index], format("message %d of mcp.sample", index)
        if type(message) == "string" then message = { role = "user", content = message } end
        check(message, "content role", what)
        if message.role ~= "user" and message.role ~= "assistant" then fail(what .. ': the role must be "user" or "assistant"') end
        texts[index] = '{"role":"' .. message.role .. '","content":' .. content(message.content, "the content of " .. what) .. "}"
    end
    return "[" .. concat(texts, ",") .. "]"
end

local function number(value, what, isWhole)
    local ok = type(value) == "number" and value == value
    if isWhole then ok = math_type(value) == "integer" and value > 0 end
    if not ok then fail(format("%s must be a %s, not %s", what, isWhole and "whole number above 0" or "number", shown(value))) end
    return encode(value)
end

-- Which model: a name, or { hints = { "name", … }, cost =, speed =, intelligence = } with numbers from 0 to 1.
local function model(value)
    if type(value) == "string" then value = { hints = { value } } end
    check(value, "cost hints intelligence speed", "mcp.sample's model")
    local texts, hints = {}, {}
    if value.hints ~= nil then
        if type(value.hints) ~= "table" then fail "mcp.sample's model: hints must be a list of names" end
        for index = 1, rawlen(value.hints) do hints[index] = '{"name":' .. text(value.hints[index], "a hint of mcp.sample's model") .. "}" end
        texts[1] = '"hints":[' .. concat(hints, ",") .. "]"
    end
    for _, name in next, { "cost", "speed", "intelligence" } do
        local weight = value[name]
        if weight ~= nil then
            if type(weight) ~= "number" or not (weight >= 0 and weight <= 1) then
                fail(format("mcp.sample's model: %s must be a number from 0 to 1, not %s", name, shown(weight)))
            end
            texts[#texts + 1] = '"' .. name .. 'Priority":' .. encode(weight)
        end
    end
    return "{" .. concat(texts, ",") .. "}"
end

-- The tools that the model may call: { name = { description =, input = | inputSchema = }, … }, in the order of names.
local function tool_list(value)
    if type(value) ~= "table" then fail(format("mcp.sample's tools must be a table of tools by name, not %s", shown(value))) end
    local texts, names = {}, {}
    for name in next, value do
        if type(name) ~= "string" then fail(format("mcp.sample's tools: write name = { … }; %s is no name", shown(name))) end
        names[#names + 1] = name
    end
    sort(names)
    for index, name in next, names do
        local what = format("mcp.sample's tool '%s'", name)
        local tool = check(value[name], "description input inputSchema title", what)
        texts[index] = '{"name":' .. text(name, what) .. (tool.title and ',"title":' .. text(tool.title, what .. "'s title") or "")
            .. (tool.description and ',"description":' .. text(tool.description, what .. "'s description") or "")
            .. ',"inputSchema":' .. schema.input(tool, what).text .. "}"
    end
    return "[" .. concat(texts, ",") .. "]"
end

local function stops(value)
    if type(value) == "string" then value = { value } end
    if type(value) ~= "table" then fail(format("mcp.sample's stop must be a list of texts, not %s", shown(value))) end
    local texts = {}
    for index = 1, rawlen(value) do texts[index] = text(value[index], "mcp.sample's stop") end
    return "[" .. concat(texts, ",") .. "]"
end

local choices = { auto = true, none = true, required = true }

local function accept_sample(answer)
    if type(answer) ~= "table" then return nil, "it must be an object" end
    local role, value, name = rawget(answer, "role"), rawget(answer, "content"), rawget(answer, "model")
    if role ~= "assistant" and role ~= "user" then return nil, 'the role must be "assistant" or "user"' end
    if type(value) ~= "table" then return nil, "the content must be a block or a list of blocks" end
    if type(name) ~= "string" then return nil, "the model must be a string" end
    local texts = {}
    local blocks = kind(value) == "array" and value or { value }
    for index = 1, #blocks do
        local block = blocks[index]
        if type(block) ~= "table" or type(block.type) ~= "string" then return nil, "each block of the content needs a type" end
        if block.type == "text" then
            if type(block.text) ~= "string" then return nil, "a text block needs a text" end
            texts[#texts + 1] = block.text
        end
    end
    local reason = rawget(answer, "stopReason")
    return {
        role = role, content = value, model = name, text = concat(texts, "\n"),
        stopReason = type(reason) == "string" and reason or nil,
    }
end

schema.public.sample = wrap(function(given)
    check(given, "maxTokens messages model prompt stop system temperature toolChoice tools", "mcp.sample")
    local params = '{"messages":' .. messages(given) .. ',"maxTokens":'
        .. number(given.maxTokens == nil and 1000 or given.maxTokens, "mcp.sample's maxTokens", true)
    local function add(name, value) params = params .. ',"' .. name .. '":' .. value end
    if given.system ~= nil then add("systemPrompt", text(given.system, "mcp.sample's system")) end
    if given.temperature ~= nil then add("temperature", number(given.temperature, "mcp.sample's temperature")) end
    if given.stop ~= nil then add("stopSequences", stops(given.stop)) end
    if given.model ~= nil then add("modelPreferences", model(given.model)) end
    if given.tools ~= nil then add("tools", tool_list(given.tools)) end
    if given.toolChoice ~= nil then
        if not choices[given.toolChoice] or given.tools == nil then
            fail 'mcp.sample\'s toolChoice must be "auto", "required" or "none", beside tools'
        end
        add("toolChoice", '{"mode":"' .. given.toolChoice .. '"}')
    end
    local needs = { kind = "sampling", mode = given.tools ~= nil and "tools" or nil }
    return question("sampling/createMessage", needs, params .. "}", nil, accept_sample)
end)

-- MARK: Roots

schema.public.roots = wrap(function()
    return question("roots/list", { kind = "roots" }, "{}", nil, function(answer)
        local list = type(answer) == "table" and rawget(answer, "roots")
        if type(list) ~= "table" or kind(list) ~= "array" then return nil, "it needs a list 'roots'" end
        local roots = {}
        for index = 1, rawlen(list) do
            local root = list[index]
            if type(root) ~= "table" or type(root.uri) ~= "string" then return nil, format("roots[%d] needs a uri", index - 1) end
            roots[index] = { uri = root.uri, name = type(root.name) == "string" and root.name or nil }
        end
        return roots
    end)
end)

return schema
