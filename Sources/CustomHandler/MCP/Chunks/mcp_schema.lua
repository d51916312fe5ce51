-- Compiles a JSON Schema (2020-12) into closures that check a value. `format` and the content keywords say something to
-- readers only.
local references, checks, keywords, wrap, fail = ...
local below, target = references.below, references.target
local apply, check, fits, mistake, place = checks.apply, checks.check, checks.fits, checks.mistake, checks.place
local refuse, shown = checks.refuse, checks.shown
local format, sub = string.format, string.sub
local concat = table.concat
local next = next

-- MARK: Schemas for the same value

local function all(list, path, compile)
    local nodes = {}
    for index = 1, #list do nodes[index] = compile(list[index], below(path, index)) end
    return nodes
end

function keywords.allOf(list, path, compile)
    local nodes = all(list, path, compile)
    return function(state, value, _, seen)
        local ok = true
        for index = 1, #nodes do
            ok = apply(state, nodes[index], value, seen) and ok
            if not ok and (state.quiet > 0 or state.broken) then return false end
        end
        return ok
    end
end

-- Says why a value fits none of the alternatives: the first mistake of each of the first ones.
local function misfit(state, nodes, value)
    if state.quiet > 0 or state.broken then return false end
    if state.isTrying then return mistake(state, format("fits none of %d alternatives", #nodes)) end
    local outer, most = state.mistakes, state.most
    local reasons, origin = {}, place(state)
    state.isTrying, state.most = true, 1
    for index = 1, #nodes < 4 and #nodes or 4 do
        state.mistakes = {}
        apply(state, nodes[index], value)
        local reason = state.mistakes[1]
        if reason and sub(reason, 1, #origin + 2) == origin .. ": " then reason = sub(reason, #origin + 3) end
        reasons[index] = reason
    end
    state.mistakes, state.most, state.isTrying = outer, most, nil
    if #nodes > 4 then reasons[#reasons + 1] = "…" end
    return mistake(state, "fits none of the alternatives: " .. concat(reasons, "; or "))
end

function keywords.anyOf(list, path, compile)
    local nodes = all(list, path, compile)
    return function(state, value, _, seen)
        local ok = false
        for index = 1, #nodes do
            ok = fits(state, nodes[index], value, seen) or ok
            if ok and not seen or state.broken then break end
        end
        return ok or misfit(state, nodes, value)
    end
end

function keywords.oneOf(list, path, compile)
    local nodes = all(list, path, compile)
    return function(state, value, _, seen)
        local first
        for index = 1, #nodes do
            if fits(state, nodes[index], value, seen) then
                if first then
                    return state.quiet == 0
                        and mistake(state, format("must fit only one of the alternatives, but fits numbers %d and %d", first, index))
                end
                first = index
            end
            if state.broken then return false end
        end
        return first ~= nil or misfit(state, nodes, value)
    end
end

keywords["not"] = function(schema, path, compile)
    local node = compile(schema, path)
    return function(state, value)
        if not fits(state, node, value) then return not state.broken end
        return refuse(state, "must not have the form that the schema excludes with 'not'", value)
    end
end

keywords["if"] = function(schema, path, compile, _, part)
    local condition = compile(schema, path)
    local base = sub(path, 1, -4)
    local yes = part["then"] ~= nil and compile(part["then"], base .. ".then")
    local no = part["else"] ~= nil and compile(part["else"], base .. ".else")
    return function(state, value, _, seen)
        local branch = no
        if fits(state, condition, value, seen) then branch = yes end
        if state.broken then return false end
        return not branch or apply(state, branch, value, seen)
    end
end

-- MARK: Compiling

-- The order of the keywords' closures. The type comes first: if it is wrong, the rest says nothing new.
local ORDER = {
    "type", "$ref", "$dynamicRef", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "minItems", "maxItems", "prefixItems", "items", "contains", "uniqueItems", "required",
    "members", "minProperties", "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf",
    "not", "if", "unevaluatedItems", "unevaluatedProperties",
}

local ALWAYS, NEVER = {}, { isNever = true, function(state) return mistake(state, "is not allowed") end }

keywords["$ref"] = function(reference, path, compile, _, schema, document)
    local node = compile((target(document, document.bases[schema], reference, path)), path)
    return function(state, value, _, seen) return apply(state, node, value, seen) end
end

keywords["$dynamicRef"] = function(reference, path, compile, _, schema, document)
    local part, base, fragment = target(document, document.bases[schema], reference, path)
    local node = compile(part, path)
    local anchor = "#" .. fragment
    if document.dynamic[base .. anchor] ~= part then
        return function(state, value, _, seen) return apply(state, node, value, seen) end
    end
    local others = {}
    for name, candidate in next, document.dynamic do
        if sub(name, -#anchor) == anchor then others[sub(name, 1, -#anchor - 1)] = compile(candidate, path) end
    end
    return function(state, value, _, seen)
        -- The outermost resource that the check has entered and that has the anchor decides.
        local scope = state.scope
        for index = 1, #scope do
            local found = others[scope[index]]
            if found then return apply(state, found, value, seen) end
        end
        return apply(state, node, value, seen)
    end
end

-- Returns the function that checks a value: true, or nil and the mistakes. `root` names the value in them. If
-- `document.fills` is true, the check adds members that are absent and have a default. If `document.adopts` is true, it
-- marks empty tables as the arrays or objects that the schema wants.
local function compile(document)
    local nodes = {}
    local function node_of(part, path)
        if part == true then return ALWAYS end
        if part == false then return NEVER end
        local node = nodes[part]
        if node then return node end
        node = { resource = document.isDynamic and document.bases[part] or nil }
        nodes[part] = node
        node.tracks = part.unevaluatedItems ~= nil or part.unevaluatedProperties ~= nil or nil
        path = document.paths[part] or path
        for index = 1, #ORDER do
            local name = ORDER[index]
            local value, at = part[name], below(path, name)
            if name == "members" then
                local has = part.properties ~= nil or part.patternProperties ~= nil or part.additionalProperties ~= nil
                value, at = has and part or nil, path
            end
            if value ~= nil then
                -- A part of keywords without meaning for a value, such as uniqueItems = false, has no closure.
                node[#node + 1] = keywords[name](value, at, node_of, node, part, document)
            end
        end
        return node
    end

    local root, isDynamic, adopts = node_of(document.root, document.path), document.isDynamic, document.adopts
    return function(value, name) return check(root, value, name, isDynamic, adopts) end
end

return { compile = compile, shown = shown }
