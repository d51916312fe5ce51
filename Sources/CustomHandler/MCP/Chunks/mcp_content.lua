-- Content: text, images, audio, resources and links, and what tools, prompts and resources return. All of it becomes
-- JSON text as soon as it is made.
local own, wrap, fail = ...
local base64, encode, unknown = own.base64.encode, own.encode, own.unknown
local format, sub = string.format, string.sub
local concat = table.concat
local len = utf8.len
local math_type, next, rawget, rawlen, tostring, type = math.type, next, rawget, rawlen, tostring, type

local content = {}
local SORTED = { sorted = true }

-- The key of a block's JSON text.
local JSON = {}
-- The key of the members of a whole result.
local RESULT = {}

-- The JSON text of a string that the protocol requires to be text.
local function quote(text, what)
    if type(text) ~= "string" then fail(format("%s must be a string, not a %s", what, type(text))) end
    if not len(text) then fail(what .. " must be UTF-8; send other bytes as mcp.image, mcp.audio or a blob") end
    return encode(text)
end
content.quote = quote

-- The JSON text of a table that is an object even if it is empty.
local function object(value, what)
    if type(value) ~= "table" then fail(format("%s must be a table, not a %s", what, type(value))) end
    if next(value) == nil then return "{}" end
    local text = encode(value, SORTED)
    if sub(text, 1, 1) ~= "{" then fail(what .. " must have names, but it is a list") end
    return text
end
content.object = object

-- Appends `,"name":value` for each of the names that the table has. `kinds` says how to write each value.
local function members(table, kinds, what)
    local texts = {}
    for _, kind in next, kinds do
        local value = table[kind.name]
        if value ~= nil then
            local place = what .. "'s " .. kind.name
            local text
            if kind.type == "object" then
                text = object(value, place)
            elseif kind.type == "string" then
                text = quote(value, place)
            elseif type(value) ~= kind.type then
                fail(format("%s must be a %s, not a %s", place, kind.type, type(value)))
            else
                text = kind.check and kind.check(value, place) or encode(value, SORTED)
            end
            texts[#texts + 1] = ',"' .. (kind.key or kind.name) .. '":' .. text
        end
    end
    return concat(texts)
end
content.members = members

local function check(options, names, what)
    if options == nil then return {} end
    if type(options) ~= "table" then fail(format("%s takes a table of options, not a %s", what, type(options))) end
    local message = unknown(options, names, what .. " has no option")
    if message then fail(message) end
    return options
end

local annotations = {
    { name = "audience", type = "table", check = function(list, what)
        for index = 1, rawlen(list) do
            if list[index] ~= "user" and list[index] ~= "assistant" then
                fail(what .. ' may have "user" and "assistant"')
            end
        end
        return rawlen(list) == 0 and "[]" or encode(list)
    end },
    { name = "lastModified", type = "string" },
    { name = "priority", type = "number", check = function(value, what)
        if not (value >= 0 and value <= 1) then fail(what .. " must be from 0 to 1") end
        return encode(value)
    end },
}
local function annotated(options, what)
    if options.annotations == nil then return "" end
    local list = check(options.annotations, "audience lastModified priority", what .. "'s annotations")
    local text = members(list, annotations, what .. "'s annotations")
    return ',"annotations":{' .. sub(text, 2) .. "}"
end
content.annotated = annotated

local META = { { name = "meta", key = "_meta", type = "object" } }

local function block(text, options, what)
    return { [JSON] = text .. annotated(options, what) .. members(options, META, what) .. "}" }
end

local public = {}
content.public = public

public.text = wrap(function(text, options)
    options = check(options, "annotations meta", "mcp.text")
    return block('{"type":"text","text":' .. quote(text, "the text of mcp.text"), options, "mcp.text")
end)

local function media(kind)
    local what = "mcp." .. kind
    return wrap(function(bytes, mimeType, options)
        if type(bytes) ~= "string" then fail(what .. " takes the bytes as a string, not a " .. type(bytes)) end
        options = check(options, "annotations meta", what)
        local text = '{"type":"' .. kind .. '","data":"' .. base64(bytes) .. '","mimeType":'
        return block(text .. quote(mimeType, what .. "'s MIME type"), options, what)
    end)
end
public.image, public.audio = media "image", media "audio"

local LINK = {
    { name = "name", type = "string" }, { name = "title", type = "string" }, { name = "description", type = "string" },
    { name = "mimeType", type = "string" },
    { name = "size", type = "number", check = function(value, what)
        if math_type(value) ~= "integer" or value < 0 then fail(what .. " must be a whole number of bytes") end
        return encode(value)
    end },
}
content.described = LINK

-- The JSON text of one entry of a resource's contents.
local function contents(uri, mimeType, text, blob, rest, what)
    if (text == nil) == (blob == nil) then fail(what .. " needs either 'text' or 'blob'") end
    if blob ~= nil and type(blob) ~= "string" then fail(what .. "'s blob must be the bytes as a string") end
    return '{"uri":' .. quote(uri, what .. "'s uri")
        .. (mimeType ~= nil and ',"mimeType":' .. quote(mimeType, what .. "'s mimeType") or "")
        .. (text ~= nil and ',"text":' .. quote(text, what .. "'s text") or ',"blob":"' .. base64(blob) .. '"')
        .. (rest or "") .. "}"
end

public.resource = wrap(function(options)
    options = check(options, "annotations blob meta mimeType text uri", "mcp.resource")
    local text = contents(options.uri, options.mimeType, options.text, options.blob, nil, "mcp.resource")
    return block('{"type":"resource","resource":' .. text, options, "mcp.resource")
end)

public.link = wrap(function(options)
    options = check(options, "annotations description meta mimeType name size title uri", "mcp.link")
    if options.name == nil then fail "mcp.link needs a name" end
    local text = '{"type":"resource_link","uri":' .. quote(options.uri, "mcp.link's uri")
    return block(text .. members(options, LINK, "mcp.link"), options, "mcp.link")
end)

-- The JSON text of a block, or of a text that becomes one; nil for anything else.
local function blockText(value)
    if type(value) == "string" then return '{"type":"text","text":' .. quote(value, "the text") .. "}" end
    return type(value) == "table" and rawget(value, JSON) or nil
end

content.blockText = blockText

-- The JSON text of a list of blocks. `value` is one block, a text, or a list of them.
local function list(value, what)
    local one = blockText(value)
    if one then return "[" .. one .. "]" end
    if type(value) ~= "table" then fail(format("%s must be text, mcp.text, mcp.image and the like, not a %s", what, type(value))) end
    local texts = {}
    for index = 1, rawlen(value) do
        texts[index] = blockText(value[index]) or fail(format(
            "%s: element %d must be text, mcp.text, mcp.image and the like, not a %s", what, index, type(value[index])))
    end
    if #texts == 0 and next(value) ~= nil then fail(what .. " must be a list") end
    return "[" .. concat(texts, ",") .. "]"
end

public.result = wrap(function(options)
    options = check(options, "content isError meta structured", "mcp.result")
    if options.content == nil and options.structured == nil then fail "mcp.result needs 'content' or 'structured'" end
    if options.isError ~= nil and type(options.isError) ~= "boolean" then fail "mcp.result's isError must be true or false" end
    return { [RESULT] = {
        content = options.content ~= nil and list(options.content, "mcp.result's content") or nil,
        structured = options.structured, isError = options.isError,
        meta = options.meta and object(options.meta, "mcp.result's meta"),
    } }
end)

-- The members of a result that says that a tool has failed.
function content.failure(message)
    if not len(message) then message = own.repair(message) end
    return '"content":[{"type":"text","text":' .. encode(message) .. '}],"isError":true'
end

-- Whether a list has a block. Then it is content and no structured value.
local function isContent(value)
    for index = 1, rawlen(value) do
        local element = value[index]
        if type(element) == "table" and rawget(element, JSON) then return true end
    end
    return false
end

-- The members of a tool's result, and the text of its `_meta` or nil. `isModern`: older revisions allow only objects as
-- structured content.
function content.ofTool(tool, isModern, value, message)
    if value == nil and type(message) == "string" then return content.failure(message) end
    local result = type(value) == "table" and rawget(value, RESULT)
    local blocks, structured, meta, isError
    if result then
        blocks, structured, meta, isError = result.content, result.structured, result.meta, result.isError
    elseif type(value) == "table" and rawget(value, JSON) then
        blocks = "[" .. value[JSON] .. "]"
    elseif type(value) == "table" and isContent(value) then
        blocks = list(value, "the value that run returned")
    elseif type(value) == "table" or tool.output then
        structured = value
    elseif value == nil then
        blocks = "[]"
    else
        blocks = "[" .. blockText(type(value) == "string" and value or tostring(value)) .. "]"
    end
    local text
    if structured ~= nil then
        local output = tool.output
        if output and not isError then
            local ok, problem = output.check(structured)
            if not ok then return content.failure("Output validation error: " .. problem) end
        end
        local json = encode(structured)
        blocks = blocks or '[{"type":"text","text":' .. encode(json) .. "}]"
        if isModern or sub(json, 1, 1) == "{" then
            text = json
        elseif output and not output.isObject then
            text = '{"result":' .. json .. "}"
        end
    elseif tool.output and not isError then
        return content.failure "Output validation error: the tool has an output schema, but run returned no value for it"
    end
    return '"content":' .. blocks .. (text and ',"structuredContent":' .. text or "") .. (isError and ',"isError":true' or ""),
        meta
end

-- The JSON text of a resource's contents; nil if there is no such resource. `value` is what `read` returned.
function content.ofResource(uri, mimeType, value)
    if value == nil then return nil end
    if type(value) == "string" then
        local isText = len(value) ~= nil
        return "[" .. contents(uri, mimeType, isText and value or nil, not isText and value or nil, nil, "the resource") .. "]"
    end
    if type(value) ~= "table" then fail(format("read must return a string or a table, not a %s", type(value))) end
    local values = rawlen(value) > 0 and value or { value }
    local texts = {}
    for index = 1, #values do
        local part = check(values[index], "blob meta mimeType text uri", "what read returned")
        texts[index] = contents(
            part.uri or uri, part.mimeType or mimeType, part.text, part.blob, members(part, META, "what read returned"),
            "what read returned")
    end
    return "[" .. concat(texts, ",") .. "]"
end

-- The members of a prompt's result. `value` is a text, a block, or a list of messages.
function content.ofPrompt(description, value)
    local values = value
    if blockText(value) or type(value) == "table" and value.role ~= nil then values = { value } end
    if type(values) ~= "table" then fail(format("run must return text or a list of messages, not a %s", type(value))) end
    local texts = {}
    for index = 1, rawlen(values) do
        local message = values[index]
        local role, block = "user", blockText(message)
        if not block then
            message = check(message, "content role", "message " .. index)
            role, block = message.role, blockText(message.content)
            if role ~= "user" and role ~= "assistant" then
                fail(format('message %d: the role must be "user" or "assistant"', index))
            end
            if not block then fail(format("message %d: the content must be text or one block such as mcp.image", index)) end
        end
        texts[index] = format('{"role":"%s","content":', role) .. block .. "}"
    end
    if #texts == 0 then fail "run must return at least one message" end
    return (description and '"description":' .. description .. "," or "") .. '"messages":[' .. concat(texts, ",") .. "]"
end

return content
