-- Reads what a script passes to mcp.server: its tools, resources, templates, prompts and completions. Each becomes the
-- JSON text that lists show, made once, in the order of names, so that lists never change by themselves.
local own, schema, content, wrap, fail = ...
local encode, quote, template, unknown = own.encode, content.quote, own.template, own.unknown
local members, object = content.members, content.object
local find, format, match = string.find, string.format, string.match
local concat, sort = table.concat, table.sort
local next, rawlen, type = next, rawlen, type

local definitions = {}

local function check(value, names, what)
    if type(value) ~= "table" then fail(format("%s must be a table, not a %s", what, type(value))) end
    local message = unknown(value, names, what .. " has no member")
    if message then fail(message) end
    return value
end

local function checkFunction(value, what)
    if type(value) ~= "function" then fail(format("%s must be a function, not a %s", what, type(value))) end
    return value
end

-- The names of a table, sorted.
local function names(table, what)
    if table == nil then return {} end
    if type(table) ~= "table" then fail(format("%s must be a table, not a %s", what, type(table))) end
    local list = {}
    for name in next, table do
        if type(name) ~= "string" then fail(format("%s: write name = { … }; %s is not a name", what, own.shown(name))) end
        list[#list + 1] = name
    end
    sort(list)
    return list
end

local ICON = "mimeType sizes src theme"
local function icons(list, what)
    local texts = {}
    for index = 1, rawlen(list) do
        local place = format("%s[%d]", what, index)
        local icon = check(list[index], ICON, place)
        if type(icon.src) ~= "string" or not (find(icon.src, "^https:") or find(icon.src, "^data:")) then
            fail(place .. "'s src must be an https: or data: URL")
        end
        if icon.sizes ~= nil and type(icon.sizes) ~= "table" then fail(place .. '\'s sizes must be a list such as { "48x48" }') end
        if icon.theme ~= nil and icon.theme ~= "light" and icon.theme ~= "dark" then
            fail(place .. '\'s theme must be "light" or "dark"')
        end
        texts[index] = encode(icon, { sorted = true })
    end
    if #texts == 0 then fail(what .. " must be a list of icons") end
    return "[" .. concat(texts, ",") .. "]"
end

local TITLE = { name = "title", type = "string" }
local DESCRIPTION = { name = "description", type = "string" }
local ICONS = { name = "icons", type = "table", check = icons }
local META = { name = "meta", key = "_meta", type = "object" }

-- `{"name":"…"` and the members that everything with a name may have.
local function named(name, definition, what, ...)
    return '{"name":' .. encode(name) .. members(definition, { TITLE, DESCRIPTION, ... }, what)
end

-- MARK: The server

local IMPLEMENTATION = { { name = "version", type = "string" }, TITLE, DESCRIPTION, { name = "websiteUrl", type = "string" }, ICONS }

-- The JSON text by which a server introduces itself.
function definitions.implementation(definition)
    if type(definition.name) ~= "string" or definition.name == "" then fail "mcp.server needs a name" end
    if definition.version == nil then fail 'mcp.server needs a version, such as "1.0"' end
    return '{"name":' .. quote(definition.name, "mcp.server's name") .. members(definition, IMPLEMENTATION, "mcp.server") .. "}"
end

-- MARK: Tools

local TOOL = "annotations description icons input inputSchema meta output outputSchema run title"
local HINTS = "destructiveHint idempotentHint openWorldHint readOnlyHint title"
local ANNOTATIONS = { name = "annotations", type = "table", check = function(hints, what)
    check(hints, HINTS, what)
    for name, hint in next, hints do
        local wanted = name == "title" and "string" or "boolean"
        if type(hint) ~= wanted then fail(format("%s.%s must be a %s, not a %s", what, name, wanted, type(hint))) end
    end
    return object(hints, what)
end }

-- The tools by name, each with `run`, `input`, `output` and the texts for modern and older clients.
function definitions.tools(table)
    local list, byName = {}, {}
    for index, name in next, names(table, "tools") do
        local what = format("tool '%s'", name)
        if not match(name, "^[%w_.-]+$") or #name > 128 then
            fail(what .. ": a name has 1 to 128 letters, digits, '_', '-' and '.'")
        end
        local definition = check(table[name], TOOL, what)
        local tool = { name = name, run = checkFunction(definition.run, what .. "'s run") }
        tool.input = schema.input(definition, what)
        if definition.output ~= nil or definition.outputSchema ~= nil then tool.output = schema.output(definition, what) end
        local head = named(name, definition, what) .. ',"inputSchema":' .. tool.input.text
        local tail = members(definition, { ANNOTATIONS, ICONS, META }, what) .. "}"
        local output = tool.output
        tool.text = head .. (output and ',"outputSchema":' .. output.text or "") .. tail
        tool.older = output and not output.isObject and head .. ',"outputSchema":' .. output.legacyText .. tail or tool.text
        list[index], byName[name] = tool, tool
    end
    return list, byName
end

-- MARK: Resources

local RESOURCE = "annotations blob description icons meta mimeType name read size text title"
local function resource(uri, definition, what)
    check(definition, RESOURCE, what)
    if definition.name == nil then fail(what .. " needs a name") end
    local ways = (definition.read ~= nil and 1 or 0) + (definition.text ~= nil and 1 or 0) + (definition.blob ~= nil and 1 or 0)
    if ways ~= 1 then fail(what .. " needs one of 'read', 'text' and 'blob'") end
    if definition.read ~= nil then checkFunction(definition.read, what .. "'s read") end
    return members(definition, content.described, what) .. content.annotated(definition, what)
        .. members(definition, { ICONS, META }, what) .. "}"
end

function definitions.resources(table)
    local list, byURI = {}, {}
    for index, uri in next, names(table, "resources") do
        local what = format("resource '%s'", uri)
        if not find(uri, "^%a[%w+.-]*:") then fail(what .. ": the key is the URI, such as app://readme") end
        local definition = table[uri]
        local entry = { name = uri, mimeType = definition.mimeType, read = definition.read }
        entry.text = '{"uri":' .. quote(uri, what) .. resource(uri, definition, what)
        if not entry.read then
            local fixed = definition.text ~= nil and { text = definition.text } or { blob = definition.blob }
            entry.fixed = content.ofResource(uri, definition.mimeType, fixed)
        end
        list[index], byURI[uri] = entry, entry
    end
    return list, byURI
end

function definitions.templates(table)
    local list, byURI = {}, {}
    for index, uri in next, names(table, "templates") do
        local what = format("template '%s'", uri)
        local definition = table[uri]
        local text = '{"uriTemplate":' .. quote(uri, what) .. resource(uri, definition, what)
        if definition.size ~= nil then fail(what .. ": a template has no size") end
        if not definition.read then fail(what .. " needs 'read', which gets the variables of the URI") end
        local reader, problem = template(uri)
        if not reader then fail(what .. ": " .. problem) end
        list[index] = { name = uri, mimeType = definition.mimeType, read = definition.read, text = text, match = reader }
        byURI[uri] = list[index]
    end
    return list, byURI
end

-- MARK: Prompts

local PROMPT = "arguments description icons meta run title"
local ARGUMENT = "description name optional title"

-- The arguments of a prompt: a list of `{ name = … }`, or a table of descriptions or of options by name, which is shown
-- in the order of names.
local function arguments(value, what)
    local list = {}
    local isList = rawlen(value) > 0
    for index, name in next, isList and value or names(value, what) do
        local argument = isList and name or value[name]
        if type(argument) == "string" then argument = { description = argument } end
        argument = check(argument, ARGUMENT, format("%s[%s]", what, index))
        name = isList and argument.name or name
        if type(name) ~= "string" then fail(format("%s[%d] needs a name", what, index)) end
        local isRequired = argument.optional ~= true
        list[index] = { name = name, isRequired = isRequired }
        list[index].text = named(name, argument, what .. "." .. name) .. ',"required":' .. (isRequired and "true" or "false") .. "}"
    end
    return list
end

function definitions.prompts(table)
    local list, byName = {}, {}
    for index, name in next, names(table, "prompts") do
        local what = format("prompt '%s'", name)
        local definition = check(table[name], PROMPT, what)
        local prompt = { name = name, run = checkFunction(definition.run, what .. "'s run") }
        local text = named(name, definition, what)
        if definition.description ~= nil then prompt.description = encode(definition.description) end
        if definition.arguments ~= nil then
            prompt.arguments = arguments(definition.arguments, what .. "'s arguments")
            local texts = {}
            for position, argument in next, prompt.arguments do texts[position] = argument.text end
            text = text .. ',"arguments":[' .. concat(texts, ",") .. "]"
        end
        prompt.text = text .. members(definition, { ICONS, META }, what) .. "}"
        list[index], byName[name] = prompt, prompt
    end
    return list, byName
end

-- MARK: Completions

-- For each prompt's name or template's URI, what completes an argument: a list of texts, or a function.
function definitions.completions(table, prompts, templates)
    if table == nil then return nil end
    for _, name in next, names(table, "completions") do
        local what = format("completions['%s']", name)
        if not prompts[name] and not templates[name] then
            fail(what .. ": the key is the name of a prompt or the URI of a template")
        end
        for _, argument in next, names(table[name], what) do
            local kind = type(table[name][argument])
            if kind ~= "function" and kind ~= "table" then
                fail(format("%s.%s must be a list of texts or a function, not a %s", what, argument, kind))
            end
        end
    end
    return table
end

return definitions
