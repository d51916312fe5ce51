-- The state of a check of a value against a JSON Schema, and how a check proceeds: steps, levels, mistakes.
--
-- A node is the list of the closures of one part of the schema. Each closure gets the state of the check, the value, its
-- kind, and `seen`, which notes members and elements for unevaluatedProperties and unevaluatedItems; nil if nobody asks.
local references, tools, wrap, fail = ...
local below, kind, quoted = references.below, references.kind, references.quoted
local adopt, mark, null = tools.adopt, tools.mark, tools.null
local format, sub = string.format, string.sub
local math_type = math.type
local getmetatable, next, rawget, tostring, type = getmetatable, next, rawget, tostring, type
local concat, offset = table.concat, utf8.offset

-- A check has at most so many steps: nodes, members and elements looked at.
local MOST_STEPS = 1000000
-- Levels of the value, schemas applied inside each other, and mistakes that are reported.
local MOST_LEVELS, MOST_NESTED, MOST_MISTAKES = 64, 1000, 10

-- MARK: Messages

local function shown(value)
    if value == null then return "null" end
    local is = type(value)
    if is == "string" then return quoted(value) end
    if is == "number" then
        if math_type(value) == "float" and value % 1 == 0 and value > -1e15 and value < 1e15 then return format("%.0f", value) end
        return math_type(value) == "float" and format("%.14g", value) or tostring(value)
    end
    if is == "table" then
        local what = kind(value)
        if next(value) == nil then return what == "array" and "[]" or "{}" end
        return what == "array" and "an array" or "an object"
    end
    return (is == "boolean" or is == "nil") and tostring(value) or "a " .. is
end

local function place(state, last)
    local path = state.root
    for level = 1, state.level do path = below(path, state.path[level]) end
    if last ~= nil then path = below(path, last) end
    return #path > 300 and "…" .. sub(path, (offset(path, 0, #path - 296))) or path
end

-- Notes a mistake unless the schema only tries an alternative. Returns false.
local function mistake(state, text, last)
    if state.quiet > 0 then return false end
    local list = state.mistakes
    if #list < state.most then list[#list + 1] = place(state, last) .. ": " .. text end
    return false
end

local function refuse(state, text, value)
    if state.quiet > 0 then return false end
    return mistake(state, text .. ", got " .. shown(value))
end

-- Ends the check. What is found afterwards does not count.
local function give_up(state, text)
    state.broken = state.broken or place(state) .. ": " .. text
    return false
end

local function counted(count, word)
    return format("%s %s%s", shown(count), word, count == 1 and "" or "s")
end

-- MARK: Applying

local function merge(seen, other)
    if other.all then seen.all = true end
    if other.names then
        seen.names = seen.names or {}
        for name in next, other.names do seen.names[name] = true end
    end
    if other.count and other.count > (seen.count or 0) then seen.count = other.count end
    if other.places then
        seen.places = seen.places or {}
        for index in next, other.places do seen.places[index] = true end
    end
end

-- Checks a value against a node. What the node has looked at is added to `outer`.
local function apply(state, node, value, outer)
    local steps, nested = state.steps - 1, state.nested + 1
    state.steps = steps
    if steps < 0 then return give_up(state, "checking it takes too many steps; send less") end
    if nested > MOST_NESTED then return give_up(state, "its schema refers to itself without end") end
    state.nested = nested
    local is = type(value)
    if value == null then
        is = "null"
    elseif is == "table" then
        is = kind(value)
        if state.adopts and node.prefers and is ~= node.prefers and next(value) == nil and not mark(value) then
            -- A script's empty table becomes what the schema wants. JSON text has marked arrays only.
            is = node.prefers
            if state.quiet == 0 and not getmetatable(value) then adopt(value, is) end
        end
    end
    local scope, resource = state.scope, node.resource
    local entered = scope and resource and scope[#scope] ~= resource
    if entered then scope[#scope + 1] = resource end
    local seen = (outer or node.tracks) and {} or nil
    local ok = true
    for index = 1, #node do
        if not node[index](state, value, is, seen) then
            ok = false
            if state.quiet > 0 or index == 1 and node.isTyped then break end
        end
    end
    if entered then scope[#scope] = nil end
    state.nested = nested - 1
    if ok and outer then merge(outer, seen) end
    return ok and not state.broken
end

-- Checks a value without reporting mistakes.
local function fits(state, node, value, outer)
    state.quiet = state.quiet + 1
    local ok = apply(state, node, value, outer)
    state.quiet = state.quiet - 1
    return ok
end

-- Checks a member or an element.
local function descend(state, node, value, key)
    local level = state.level + 1
    if level > MOST_LEVELS then return give_up(state, format("it is nested deeper than %d levels", MOST_LEVELS)) end
    state.level, state.path[level] = level, key
    local ok = apply(state, node, value)
    state.level = level - 1
    return ok
end

local function descends_quietly(state, node, value, key)
    state.quiet = state.quiet + 1
    local ok = descend(state, node, value, key)
    state.quiet = state.quiet - 1
    return ok
end

local function step(state, count)
    state.steps = state.steps - (count or 1)
    return state.steps >= 0 or give_up(state, "checking it takes too many steps; send less")
end

local function equal(state, a, b, level)
    if a == b then return true end
    if type(a) ~= "table" or type(b) ~= "table" or state.broken then return false end
    if level > 2 * MOST_LEVELS then return give_up(state, "it is nested too deep to be compared") end
    if kind(a) ~= kind(b) then return false end
    local count = 0
    for key, value in next, a do
        local other = rawget(b, key)
        if not step(state) or other == nil or not equal(state, value, other, level + 1) then return false end
        count = count + 1
    end
    for _ in next, b do count = count - 1 end
    return count == 0
end

-- Starts the check of a value, which mistakes call `name`. Returns true, or nil and the mistakes.
local function check(root, value, name, isDynamic, adopts)
    local state = {
        root = name, steps = MOST_STEPS, nested = 0, level = 0, quiet = 0, path = {}, mistakes = {}, most = MOST_MISTAKES,
        scope = isDynamic and {} or nil, adopts = adopts,
    }
    local ok = apply(state, root, value)
    if state.broken then return nil, state.broken end
    if ok then return true end
    return nil, concat(state.mistakes, "\n")
end

return {
    apply = apply, check = check, counted = counted, descend = descend, descendsQuietly = descends_quietly, equal = equal, fits = fits,
    giveUp = give_up, mistake = mistake, mostMistakes = MOST_MISTAKES, place = place, refuse = refuse, shown = shown, step = step,
}
