-- Reads a JSON Schema (2020-12) before it is compiled: where its parts are, what their identifiers are, and which part a
-- reference means. Nothing is fetched: a reference leads to a part of the same text.
local mark, wrap, fail = ...
local byte, char, find, format, gmatch, gsub, lower, match, sub =
    string.byte, string.char, string.find, string.format, string.gmatch, string.gsub, string.lower, string.match, string.sub
local concat, sort, unpack = table.concat, table.sort, table.unpack
local next, rawget, rawlen, tonumber, type = next, rawget, rawlen, tonumber, type
local length = utf8.len

local DIALECT = "https://json-schema.org/draft/2020-12/schema"
-- The identifier of a text that names none.
local BASE = "schema:/"
local MOST_LEVELS, MOST_PARTS = 64, 5000

local function set(names)
    local set = {}
    for name in gmatch(names, "%S+") do set[name] = true end
    return set
end

-- The keywords whose value is a schema, a list of schemas, or an object of schemas.
local SCHEMAS = set "additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems unevaluatedProperties"
local LISTS = set "allOf anyOf oneOf prefixItems"
local MAPS = set "$defs definitions dependentSchemas patternProperties properties"

local function kind(value)
    if type(value) ~= "table" then return type(value) end
    if next(value) == nil then return mark(value) or "object" end
    return rawlen(value) > 0 and "array" or "object"
end

local function keys(object)
    local list = {}
    for key in next, object do list[#list + 1] = key end
    sort(list)
    return list
end

-- MARK: Identifiers

-- Splits an identifier into scheme, authority, path and query, each with its delimiter, and the fragment.
local function split(uri)
    local rest, fragment = match(uri, "^([^#]*)#?(.*)$")
    local scheme, afterScheme = match(rest, "^(%a[%w+.-]*:)(.*)$")
    rest = afterScheme or rest
    local authority, afterAuthority = match(rest, "^(//[^/?]*)(.*)$")
    rest = afterAuthority or rest
    local path, query = match(rest, "^([^?]*)(.*)$")
    return scheme, authority, path, query, fragment
end

local function withoutDots(path)
    local parts, isDirectory = {}, false
    for part in gmatch(path, "[^/]*") do
        isDirectory = part == "." or part == ".."
        if part == ".." then
            if #parts > 1 then parts[#parts] = nil end
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    if isDirectory then parts[#parts + 1] = "" end
    return concat(parts, "/")
end

-- The absolute identifier that `reference` means at `base`, without the fragment, and the fragment (RFC 3986).
local function resolve(base, reference)
    local scheme, authority, path, query, fragment = split(reference)
    if scheme then
        if authority or sub(path, 1, 1) == "/" then path = withoutDots(path) end
        return scheme .. (authority or "") .. path .. query, fragment
    end
    local baseScheme, baseAuthority, basePath, baseQuery = split(base)
    if authority then return baseScheme .. authority .. withoutDots(path) .. query, fragment end
    if path == "" then
        path, query = basePath, query == "" and baseQuery or query
    elseif sub(path, 1, 1) == "/" then
        path = withoutDots(path)
    else
        local directory = match(basePath, "^(.*/)") or (baseAuthority and "/" or "")
        path = withoutDots(directory .. path)
    end
    return baseScheme .. (baseAuthority or "") .. path .. query, fragment
end

local function unescaped(text)
    return (gsub(text, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

-- MARK: Reading

-- Errors name the part: the path from the root of the schema.
local function wrong(path, text, ...)
    fail(path .. ": " .. format(text, ...))
end

-- A text as it is shown: short, in one line, and valid UTF-8.
local function quoted(text)
    local shown = text
    if #text > 60 then
        local stop = 60
        while stop > 57 and find(sub(text, stop + 1, stop + 1), "^[\x80-\xbf]") do stop = stop - 1 end
        shown = sub(text, 1, stop) .. "…"
    end
    if not length(shown) then shown = gsub(shown, "[\x80-\xff]", "?") end
    return '"' .. gsub(shown, '[%c"\\]', function(char)
        return (char == '"' or char == "\\") and "\\" .. char or format("\\u%04x", byte(char))
    end) .. '"'
end

-- The path of a member.
local function below(path, name)
    if type(name) == "number" then return format("%s[%d]", path, name - 1) end
    if #name <= 60 and match(name, "^[%a_$][%w_$-]*$") then return path .. "." .. name end
    return path .. "[" .. quoted(name) .. "]"
end

-- Notes the identifiers of a part and of those inside it.
local function scan(document, part, base, path, level)
    local is = kind(part)
    if is == "boolean" then return end
    if is ~= "object" then wrong(path, "a schema is an object, true or false, not %s", is == "array" and "an array" or "a " .. is) end
    if document.bases[part] then return end
    if level > MOST_LEVELS then wrong(path, "the schema is nested deeper than %d levels", MOST_LEVELS) end
    document.parts = document.parts + 1
    if document.parts > MOST_PARTS then wrong(path, "the schema has more than %d parts", MOST_PARTS) end
    local function text(name)
        local value = rawget(part, name)
        if value ~= nil and type(value) ~= "string" then wrong(below(path, name), "it must be a string") end
        return value
    end
    local dialect = text "$schema"
    if dialect and gsub(dialect, "#$", "") ~= DIALECT then
        wrong(below(path, "$schema"), "the dialect '%s' is unknown; write the schema in %s", dialect, DIALECT)
    end
    local id = text "$id"
    if id then
        local uri, fragment = resolve(base, id)
        if fragment ~= "" then wrong(below(path, "$id"), "'%s' must have no fragment; use $anchor", id) end
        if document.resources[uri] and document.resources[uri] ~= part then
            wrong(below(path, "$id"), "another part of the schema has the identifier '%s'", id)
        end
        base = uri
        document.resources[base] = part
    end
    document.bases[part], document.paths[part] = base, path
    for _, name in next, { "$anchor", "$dynamicAnchor" } do
        local anchor = text(name)
        if anchor then
            if not match(anchor, "^[%a_][%w_.-]*$") then wrong(below(path, name), "'%s' is not a name", anchor) end
            local known = document.anchors[base .. "#" .. anchor]
            if known and known ~= part then wrong(below(path, name), "'%s' is used twice", anchor) end
            document.anchors[base .. "#" .. anchor] = part
            if name == "$dynamicAnchor" then document.dynamic[base .. "#" .. anchor] = part end
        end
    end
    if text "$dynamicRef" then document.isDynamic = true end
    text "$ref"
    for _, name in next, keys(part) do
        local value, place = part[name], below(path, name)
        if SCHEMAS[name] then
            if name == "items" and kind(value) == "array" then wrong(place, "a list of schemas is written as prefixItems") end
            scan(document, value, base, place, level + 1)
        elseif LISTS[name] then
            if kind(value) ~= "array" or #value == 0 then wrong(place, "it must be a list of at least one schema") end
            for index = 1, #value do scan(document, value[index], base, below(place, index), level + 1) end
        elseif MAPS[name] then
            if kind(value) ~= "object" then wrong(place, "it must be an object whose values are schemas") end
            for _, member in next, keys(value) do scan(document, value[member], base, below(place, member), level + 1) end
        end
    end
end

-- A read schema. `bases` and `paths` have the identifier of the resource of each part, and where the part is.
local function read(root, path)
    local document = {
        root = root, path = path, parts = 0, bases = {}, paths = {}, resources = {}, anchors = {}, dynamic = {},
    }
    if type(root) == "table" then document.resources[BASE] = root end
    scan(document, root, BASE, path, 1)
    return document
end

-- Follows a JSON pointer from the root of a resource. Returns the part and the identifier of its resource.
local function follow(document, root, base, pointer, path, reference)
    local part = root
    for token in gmatch(sub(pointer, 2), "([^/]*)") do
        token = gsub(gsub(token, "~1", "/"), "~0", "~")
        if type(part) ~= "table" then
            part = nil
        elseif kind(part) == "array" then
            part = match(token, "^%d+$") and #token < 9 and rawget(part, tonumber(token) + 1) or nil
        else
            part = rawget(part, token)
        end
        if part == nil then wrong(path, "'%s' leads nowhere: there is no '%s'", reference, token) end
        base = document.bases[part] or base
    end
    return part, base
end

-- The part that a reference in the part with `base` means, the identifier of its resource, and the fragment.
local function target(document, base, reference, path)
    local uri, fragment = resolve(base, reference)
    local root = document.resources[uri]
    if root == nil then
        if uri == DIALECT then wrong(path, "a schema cannot refer to the schema of all schemas here") end
        wrong(path, "'%s' is in another document, and luafunc fetches none; copy that schema into $defs", reference)
    end
    fragment = unescaped(fragment)
    local part, resource
    if fragment == "" then
        part, resource = root, uri
    elseif sub(fragment, 1, 1) == "/" then
        part, resource = follow(document, root, document.bases[root] or uri, fragment, path, reference)
        if type(part) ~= "table" and type(part) ~= "boolean" then wrong(path, "'%s' leads to no schema", reference) end
        -- A reference may also lead to where no keyword expects a schema.
        scan(document, part, resource, type(part) == "table" and document.paths[part] or path, 1)
    else
        part, resource = document.anchors[uri .. "#" .. fragment], uri
        if not part then wrong(path, "'%s' leads nowhere: there is no $anchor '%s'", reference, fragment) end
    end
    return part, type(part) == "table" and document.bases[part] or resource, fragment
end

-- MARK: Headers

local function is_token(value) return type(value) == "string" and find(value, "^[%w!#$%%&'*+.^_`|~-]+$") ~= nil end

local function appended(names, name)
    local longer = { unpack(names) }
    longer[#longer + 1] = name
    return longer
end

-- The properties that clients repeat in headers, in the order of the headers. Clients ignore a tool whose schema names
-- headers elsewhere, so that is refused.
local function headers(document)
    local list, taken, found = {}, {}, {}
    local function note(part, names)
        local header = part["x-mcp-header"]
        if header ~= nil then
            local place = below(document.paths[part], "x-mcp-header")
            if not is_token(header) then wrong(place, "it must be the name of a header") end
            if part.type ~= "string" and part.type ~= "integer" and part.type ~= "boolean" then
                wrong(place, "only a string, an integer or a boolean can be repeated in a header")
            end
            if #names == 0 then wrong(place, "only a property can be repeated in a header") end
            if taken[lower(header)] then wrong(place, "two arguments have the header '%s'", header) end
            taken[lower(header)], found[part] = true, true
            list[#list + 1] = { name = header, path = names, type = part.type }
        end
        for _, name in next, keys(part.properties or {}) do
            local inner = part.properties[name]
            if type(inner) == "table" then note(inner, appended(names, name)) end
        end
    end
    note(document.root, {})
    for part, path in next, document.paths do
        if part["x-mcp-header"] ~= nil and not found[part] then
            wrong(below(path, "x-mcp-header"), "only a property of the root, or of an object in it, can be repeated in a header")
        end
    end
    sort(list, function(a, b) return lower(a.name) < lower(b.name) end)
    return list
end

return {
    below = below, headers = headers, isToken = is_token, keys = keys, kind = kind, lists = LISTS, maps = MAPS, quoted = quoted,
    read = read, schemas = SCHEMAS, target = target, wrong = wrong,
}
