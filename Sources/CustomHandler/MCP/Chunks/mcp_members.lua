-- The keywords of JSON Schema for objects.
local references, checks, values, tools, wrap, fail = ...
local below, keys, kind, quoted, wrong = references.below, references.keys, references.kind, references.quoted, references.wrong
local apply, descend, descends_quietly, mistake, step =
    checks.apply, checks.descend, checks.descendsQuietly, checks.mistake, checks.step
local MOST_MISTAKES = checks.mostMistakes
local keywords, list_of_names, matcher = values.keywords, values.listOfNames, values.matcher
local adopt, mark, nearest = tools.adopt, tools.mark, tools.nearest
local format = string.format
local concat, sort = table.concat, table.sort
local next, rawget, rawset, type = next, rawget, rawset, type

function keywords.required(names, path)
    list_of_names(path, names)
    return function(state, value, is)
        if is ~= "object" then return true end
        local ok = true
        for index = 1, #names do
            if rawget(value, names[index]) == nil then ok = mistake(state, "is missing", names[index]) end
        end
        return ok
    end
end

local function copy(value)
    if type(value) ~= "table" then return value end
    local made = {}
    for key, member in next, value do made[key] = copy(member) end
    local is = mark(value)
    return is and adopt(made, is) or made
end

-- A member that the schema does not know. It is most likely misspelt.
local function unknown(state, names, name)
    local meant = #names > 0 and #names <= 200 and nearest(name, concat(names, "\0"))
    return mistake(state, "is unknown" .. (meant and format(" (did you mean %s?)", quoted(meant)) or ""), name)
end

-- properties, patternProperties and additionalProperties.
function keywords.members(schema, path, compile, _, _, document)
    local names, known, patterns = {}, {}, {}
    local defaults
    if schema.properties then
        names = keys(schema.properties)
        for index = 1, #names do
            local name = names[index]
            local part = schema.properties[name]
            known[name] = compile(part, below(below(path, "properties"), name))
            if document.fills and type(part) == "table" and part.default ~= nil then
                defaults = defaults or {}
                defaults[name] = part.default
            end
        end
    end
    for _, text in next, keys(schema.patternProperties or {}) do
        local at = below(below(path, "patternProperties"), text)
        patterns[#patterns + 1] = { matches = matcher(text, at), node = compile(schema.patternProperties[text], at) }
    end
    local rest = schema.additionalProperties
    local additional = rest ~= nil and rest ~= true and compile(rest, below(path, "additionalProperties")) or nil
    return function(state, value, is, seen)
        if is ~= "object" then return true end
        local ok = true
        local noted = seen and (seen.names or {})
        if seen then seen.names = noted end
        for index = 1, #names do
            local name = names[index]
            local member = rawget(value, name)
            if member ~= nil then
                ok = descend(state, known[name], member, name) and ok
                if noted then noted[name] = true end
                if not ok and (state.quiet > 0 or state.broken) then return false end
            elseif defaults and state.quiet == 0 and defaults[name] ~= nil then
                rawset(value, name, copy(defaults[name]))
            end
        end
        if #patterns > 0 or additional then
            local extra
            for name, member in next, value do
                if type(name) == "string" then
                    if not step(state) then return false end
                    local isKnown = known[name] ~= nil
                    for index = 1, #patterns do
                        if patterns[index].matches(state, name) then
                            isKnown = true
                            ok = descend(state, patterns[index].node, member, name) and ok
                            if noted then noted[name] = true end
                        end
                    end
                    if not isKnown and additional then
                        if additional.isNever then
                            if state.quiet > 0 then return false end
                            extra = extra or {}
                            extra[#extra + 1] = name
                        else
                            ok = descend(state, additional, member, name) and ok
                        end
                    end
                    if not ok and state.quiet > 0 or state.broken then return false end
                end
            end
            if extra then
                sort(extra)
                for index = 1, #extra < MOST_MISTAKES and #extra or MOST_MISTAKES do ok = unknown(state, names, extra[index]) end
            end
        end
        if seen and rest ~= nil then seen.all = true end
        return ok
    end
end

function keywords.propertyNames(schema, path, compile)
    local node = compile(schema, path)
    return function(state, value, is)
        if is ~= "object" then return true end
        for name in next, value do
            if type(name) == "string" and not descends_quietly(state, node, name, name) then
                return not state.broken and state.quiet == 0 and mistake(state, "is not a name that is allowed here", name)
            end
        end
        return true
    end
end

function keywords.dependentRequired(needs, path)
    if kind(needs) ~= "object" then wrong(path, "it must be an object of lists of names") end
    local names = keys(needs)
    for _, name in next, names do list_of_names(below(path, name), needs[name]) end
    return function(state, value, is)
        if is ~= "object" then return true end
        local ok = true
        for index = 1, #names do
            local name = names[index]
            if rawget(value, name) ~= nil then
                for _, other in next, needs[name] do
                    if rawget(value, other) == nil then
                        ok = state.quiet == 0 and mistake(state, "is missing; it is needed beside " .. quoted(name), other)
                    end
                end
            end
        end
        return ok
    end
end

function keywords.dependentSchemas(schemas, path, compile)
    local names, nodes = keys(schemas), {}
    for index = 1, #names do nodes[index] = compile(schemas[names[index]], below(path, names[index])) end
    return function(state, value, is, seen)
        if is ~= "object" then return true end
        local ok = true
        for index = 1, #names do
            if rawget(value, names[index]) ~= nil then ok = apply(state, nodes[index], value, seen) and ok end
        end
        return ok
    end
end

function keywords.unevaluatedProperties(schema, path, compile)
    local node = compile(schema, path)
    return function(state, value, is, seen)
        if is ~= "object" or seen.all then return true end
        local ok, names = true, seen.names
        for name, member in next, value do
            if type(name) == "string" and not (names and names[name]) then
                if not step(state) then return false end
                if node.isNever then
                    ok = mistake(state, "is unknown", name)
                else
                    ok = descend(state, node, member, name) and ok
                end
                if not ok and (state.quiet > 0 or state.broken) then return false end
            end
        end
        seen.all = true
        return ok
    end
end

return keywords
