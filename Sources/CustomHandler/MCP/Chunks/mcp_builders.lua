-- The builders mcp.string, mcp.integer and so on, and the schemas of tools: their text for clients, and their check.
local references, compiler, tools, wrap, fail = ...
local below, keys, kind, lists, maps, parts = references.below, references.keys, references.kind, references.lists, references.maps, references.schemas
local compile, shown = compiler.compile, compiler.shown
local adopt, decode, encode, mark, nearest = tools.adopt, tools.decode, tools.encode, tools.mark, tools.nearest
local find, format, gmatch, gsub = string.find, string.format, string.gmatch, string.gsub
local concat, sort = table.concat, table.sort
local next, pcall, rawget, rawlen, setmetatable, tostring, type = next, pcall, rawget, rawlen, setmetatable, tostring, type

local schema = {}
local MOST_BYTES, MOST_LEVELS = 256 * 1024, 64
local SORTED = { sorted = true }

local function array(list) return adopt(list, "array") end
local function object(members) return adopt(members, "object") end

-- An empty table that is written as an array or an object.
local function marked(value, is)
    if type(value) ~= "table" or next(value) ~= nil or mark(value) then return value end
    return adopt({}, is)
end

-- MARK: Builders

-- The key of what a builder has made. A script sees an empty table.
local FIELD = {}
local Field = { __metatable = false, __name = "mcp field" }

local function field(value) return type(value) == "table" and rawget(value, FIELD) or nil end

-- The keyword and the type of each option. `check` returns the value to write, or nil and what it must be.
local function text(value) return type(value) == "string" and value or nil, "a string" end
local function flag(value) if type(value) == "boolean" then return value end return nil, "true or false" end
local function any(value) return value end
local function number(value) return type(value) == "number" and value == value and value or nil, "a number" end
local function count(value)
    return type(value) == "number" and value >= 0 and value % 1 == 0 and value or nil, "a whole number of 0 or more"
end
local function values(value)
    if type(value) ~= "table" or rawlen(value) == 0 then return nil, "a list of at least one value" end
    local list = array {}
    for index = 1, rawlen(value) do list[index] = rawget(value, index) end
    return list
end
local function token(value)
    return references.isToken(value) and value or nil, "the name of a header, such as \"Region\""
end
local function pattern(value)
    if type(value) ~= "string" then return nil, "a regular expression as a string" end
    local ok, reason = tools.pattern(value)
    return ok and value or nil, "a regular expression: " .. tostring(reason)
end

local options = {
    default = { key = "default", check = any }, deprecated = { key = "deprecated", check = flag },
    description = { key = "description", check = text }, enum = { key = "enum", check = values },
    examples = { key = "examples", check = values }, format = { key = "format", check = text },
    header = { key = "x-mcp-header", check = token }, max = { key = "maximum", check = number },
    maxItems = { key = "maxItems", check = count }, maxLength = { key = "maxLength", check = count },
    min = { key = "minimum", check = number }, minItems = { key = "minItems", check = count },
    minLength = { key = "minLength", check = count }, multipleOf = { key = "multipleOf", check = number },
    optional = { check = flag }, pattern = { key = "pattern", check = pattern }, title = { key = "title", check = text },
    unique = { key = "uniqueItems", check = flag },
}

local COMMON = "default deprecated description examples optional title"
local kinds = {
    any = "", array = "items maxItems minItems unique", boolean = "header", enum = "enumNames header titles",
    integer = "enum header max min multipleOf", number = "enum max min multipleOf", object = "additional fields",
    string = "enum format header maxLength minLength pattern",
}

local function unknown(name, value, what, known)
    if field(value) and find(known, "fields", 1, true) then
        fail(format("%s has no option '%s'; write fields = { %s = … }", what, name, name))
    end
    local list = {}
    for option in gmatch(known, "%S+") do list[#list + 1] = option end
    sort(list)
    local meant = type(name) == "string" and nearest(name, concat(list, "\0"))
    fail(format("%s has no option '%s'%s; there are '%s'", what, tostring(name),
        meant and " (did you mean '" .. meant .. "'?)" or "", concat(list, "', '")))
end

local object_of, written

-- Refuses a default that the field's own schema refuses.
local function check_default(part, what)
    if part.type == "array" or part.type == "object" then part.default = marked(part.default, part.type) end
    local _, root = written(part, what)
    local ok, problem = compile(references.read(root, what))(root.default, "its default")
    if not ok then fail(what .. ": " .. gsub(problem, "^its default:", "its default")) end
end

-- The schema of a field, and of the fields in it.
local function part_of(value, what)
    local made = field(value)
    if made then return made.schema end
    fail(format("%s must be mcp.string(), mcp.integer() and the like, not %s", what, shown(value)))
end

local function build(name, given)
    local what = "mcp." .. name
    local made = { type = name, schema = object {} }
    local part = made.schema
    if name ~= "any" then part.type = name ~= "enum" and name or nil end
    if type(given) == "string" then given = { given } end
    if given == nil then given = {} end
    if type(given) ~= "table" or field(given) then
        fail(format("%s takes a description or a table of options, not %s", what, shown(given)))
    end
    local known = COMMON .. " " .. kinds[name]
    for option, value in next, given do
        local rule = options[option]
        if type(option) == "number" and name == "enum" then
            -- The values are read below.
        elseif option == 1 then
            if type(value) ~= "string" then fail(format("%s: the description must be a string, not %s", what, shown(value))) end
            part.description = value
        elseif type(option) ~= "string" or not find(" " .. known .. " ", " " .. option .. " ", 1, true) then
            unknown(option, value, what, known)
        elseif rule then
            local checked, wanted = rule.check(value)
            if checked == nil then fail(format("%s: %s must be %s, not %s", what, option, wanted, shown(value))) end
            if rule.key then part[rule.key] = checked else made[option] = checked end
        end
    end
    if name == "enum" then
        local list = values(given)
        if not list then fail 'mcp.enum needs its values, such as mcp.enum { "small", "large" }' end
        local isText = true
        for index = 1, #list do isText = isText and type(list[index]) == "string" end
        if isText then part.type = "string" end
        made.values, made.titles = list, given.titles
        if given.enumNames ~= nil then
            -- Clients of before 2025-11-25 show these.
            part.enum, part.enumNames = list, values(given.enumNames)
            if not part.enumNames or #part.enumNames ~= #list then fail "mcp.enum: enumNames must be a list with a name for each value" end
        elseif made.titles == nil then
            part.enum = list
        else
            if type(made.titles) ~= "table" or rawlen(made.titles) ~= #list then
                fail "mcp.enum: titles must be a list with a title for each value"
            end
            part.oneOf = array {}
            for index = 1, #list do
                if type(made.titles[index]) ~= "string" then fail "mcp.enum: each title must be a string" end
                part.oneOf[index] = object { const = list[index], title = made.titles[index] }
            end
        end
    elseif name == "array" then
        if given.items ~= nil then
            part.items, made.items = part_of(given.items, "mcp.array's items"), field(given.items)
        end
    elseif name == "object" then
        if given.fields ~= nil then
            local additional = given.additional
            if additional == nil then additional = false end
            object_of(given.fields, "mcp.object's fields", part)
            if type(additional) ~= "boolean" then additional = part_of(additional, "mcp.object's additional") end
            if additional == true then part.additionalProperties = nil else part.additionalProperties = additional end
        elseif given.additional ~= nil then
            part.additionalProperties = type(given.additional) == "boolean" and given.additional
                or part_of(given.additional, "mcp.object's additional")
        end
    end
    for low, high in next, { minimum = "maximum", minItems = "maxItems", minLength = "maxLength" } do
        if part[low] and part[high] and part[low] > part[high] then
            fail(format("%s: no value is at least %s and at most %s", what, shown(part[low]), shown(part[high])))
        end
    end
    if part.multipleOf and part.multipleOf <= 0 then fail(what .. ": multipleOf must be above 0") end
    if part.default ~= nil then check_default(part, what) end
    return setmetatable({ [FIELD] = made }, Field)
end

-- Adds to `part` the schema of an object with these fields.
function object_of(fields, what, part)
    if type(fields) ~= "table" or field(fields) then fail(format("%s must be a table of fields, not %s", what, shown(fields))) end
    part.type, part.properties, part.additionalProperties = "object", object {}, false
    local required = array {}
    for name in next, fields do
        if type(name) ~= "string" then fail(format("%s: write name = mcp.string(); %s is no name", what, shown(name))) end
    end
    for _, name in next, keys(fields) do
        local place = format("%s.%s", what, name)
        local made = part_of(fields[name], place) and field(fields[name])
        part.properties[name] = made.schema
        if made.schema.default == nil and not made.optional then required[#required + 1] = name end
    end
    if #required > 0 then part.required = required end
    return part
end

schema.public = {}
for name in next, kinds do
    schema.public[name] = wrap(function(given) return build(name, given) end)
end

-- MARK: Tables of keywords

-- The keywords of schemas whose value is a list even if the table is empty.
local arrays = { enum = true, examples = true, required = true, type = true }

-- A copy of a table of keywords in which it is clear what is an array and what an object.
local function tidy(part, path, level)
    if type(part) ~= "table" then return part end
    if field(part) then return field(part).schema end
    if level > MOST_LEVELS then fail(format("%s: the schema is nested deeper than %d levels", path, MOST_LEVELS)) end
    local made = object {}
    for name, value in next, part do
        if type(name) ~= "string" then fail(format("%s: a schema has names, but it has the key %s", path, shown(name))) end
        local place = below(path, name)
        local inner = value
        if type(value) ~= "table" then
            inner = value
        elseif parts[name] and rawlen(value) == 0 then
            inner = tidy(value, place, level + 1)
        elseif lists[name] then
            inner = array {}
            for index = 1, rawlen(value) do inner[index] = tidy(rawget(value, index), below(place, index), level + 1) end
        elseif maps[name] then
            inner = object {}
            for key, member in next, value do
                if type(key) ~= "string" then fail(format("%s: it needs names, but it has the key %s", place, shown(key))) end
                inner[key] = tidy(member, below(place, key), level + 1)
            end
        elseif name == "dependentRequired" then
            inner = object {}
            for key, member in next, value do inner[key] = marked(member, "array") end
        elseif arrays[name] then
            inner = marked(value, "array")
        end
        made[name] = inner
    end
    return made
end

-- The JSON text of a schema, and the table that is read from the text.
function written(value, path)
    local text
    if type(value) == "string" then
        -- Events and lines of stdio have no line feeds inside a message. In JSON a line feed is white space.
        text = gsub(value, "[\r\n]", " ")
    elseif type(value) == "table" then
        local ok, made = pcall(encode, tidy(value, path, 1), SORTED)
        if not ok then fail(format("%s: %s", path, tostring(made))) end
        text = made
    elseif type(value) == "boolean" then
        text = tostring(value)
    else
        fail(format("%s must be JSON text or a table, not %s", path, shown(value)))
    end
    if #text > MOST_BYTES then fail(format("%s: the schema has more than %d KiB", path, MOST_BYTES // 1024)) end
    local ok, root = pcall(decode, text)
    if not ok then fail(format("%s is not JSON: %s", path, gsub(tostring(root), "^.-json%.decode: ", ""))) end
    return text, root
end

-- MARK: Schemas of tools

local function compiled(text, root, path, name, fills)
    local document = references.read(root, path)
    document.fills, document.adopts = fills, name == "result"
    local list = name == "arguments" and references.headers(document) or nil
    local check = compile(document)
    return { text = text, headers = list, check = function(value) return check(value, name) end }
end

local function of_fields(fields, what, name)
    local text, root = written(object_of(fields, what, object {}), what)
    return text, root, compiled(text, root, what, name, name == "arguments")
end

local NOTHING = '{"type":"object","additionalProperties":false}'

-- The schema of a tool's arguments: `text`, `headers`, and `check(value)`, which returns true, or nil and the mistakes.
function schema.input(tool, what)
    if tool.input ~= nil and tool.inputSchema ~= nil then fail(what .. ": 'input' and 'inputSchema' exclude each other") end
    if tool.input ~= nil then
        local _, _, made = of_fields(tool.input, what .. ": input", "arguments")
        return made
    end
    local path = what .. ": inputSchema"
    local text, root = written(tool.inputSchema == nil and NOTHING or tool.inputSchema, path)
    if kind(root) ~= "object" or root.type ~= "object" then
        fail(path .. ' must have "type": "object", because arguments are always an object')
    end
    return compiled(text, root, path, "arguments")
end

-- The schema of a tool's structured result. Older clients need an object, so `legacyText` wraps any other schema.
function schema.output(tool, what)
    if tool.output ~= nil and tool.outputSchema ~= nil then fail(what .. ": 'output' and 'outputSchema' exclude each other") end
    local text, root, made
    local fields = tool.output
    if fields ~= nil and not field(fields) then
        text, root, made = of_fields(fields, what .. ": output", "result")
    else
        local path = what .. (fields and ": output" or ": outputSchema")
        text, root = written(fields and field(fields).schema or tool.outputSchema, path)
        made = compiled(text, root, path, "result")
    end
    made.isObject = type(root) == "table" and root.type == "object"
    if made.isObject then
        made.legacyText = text
    else
        local inner = text
        -- References within the schema must not lead to the object around it.
        local refers = find(text, '"$ref"', 1, true) or find(text, '"$dynamicRef"', 1, true)
        if refers and rawget(root, "$id") == nil then
            inner = gsub(text, "{", next(root) and '{"$id":"urn:mcp:result",' or '{"$id":"urn:mcp:result"', 1)
        end
        made.legacyText = '{"type":"object","properties":{"result":' .. inner .. '},"required":["result"]}'
    end
    return made
end

schema.object, schema.written = object_of, written
return schema
