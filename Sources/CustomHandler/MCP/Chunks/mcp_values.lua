-- The keywords of JSON Schema for single values and arrays. Each entry makes the closure of a keyword's value (mcp_checks.lua);
-- those that are read with another keyword are absent.
local references, checks, tools, wrap, fail = ...
local below, kind, quoted, wrong = references.below, references.kind, references.quoted, references.wrong
local counted, descend, descends_quietly, equal = checks.counted, checks.descend, checks.descendsQuietly, checks.equal
local give_up, mistake, refuse, shown, step = checks.giveUp, checks.mistake, checks.refuse, checks.shown, checks.step
local pattern = tools.pattern
local format, gsub = string.format, string.gsub
local concat = table.concat
local floor, fmod, huge = math.floor, math.fmod, math.huge
local next, rawget, rawlen, type = next, rawget, rawlen, type
local codepoints = utf8.len

-- The steps that a match of a pattern counts as, at least.
local MATCH_STEPS = 20

-- MARK: Keywords

local keywords = {}

local function number_of(path, value, isCount)
    if type(value) ~= "number" then wrong(path, "it must be a number") end
    if isCount and (value < 0 or value % 1 ~= 0) then wrong(path, "it must be a whole number of 0 or more") end
    return value
end

local function list_of_names(path, value)
    if kind(value) ~= "array" then wrong(path, "it must be a list of names") end
    for index = 1, #value do
        if type(value[index]) ~= "string" then wrong(below(path, index), "it must be a string") end
    end
    return value
end

local articles = {
    array = "an array", boolean = "true or false", integer = "an integer", null = "null", number = "a number",
    object = "an object", string = "a string",
}

function keywords.type(value, path, compile, node)
    local names, allowed, texts = value, {}, {}
    if type(value) == "string" then names = { value } end
    if type(names) ~= "table" or #names == 0 then wrong(path, "it must be the name of a type, or a list of names") end
    for index = 1, #names do
        local name = names[index]
        if not articles[name] then
            wrong(path, "%s is no type; types are array, boolean, integer, null, number, object and string", shown(name))
        end
        allowed[name], texts[index] = true, articles[name]
    end
    local what = concat(texts, " or ")
    if #texts > 2 then what = concat(texts, ", ", 1, #texts - 1) .. " or " .. texts[#texts] end
    what = "must be " .. what
    node.isTyped = true
    if allowed.array ~= allowed.object then node.prefers = allowed.array and "array" or "object" end
    local takesIntegers = allowed.integer
    return function(state, value, is)
        if allowed[is] or takesIntegers and is == "number" and value % 1 == 0 then return true end
        return refuse(state, what, value)
    end
end

local function limit(text, compare)
    return function(limit, path)
        number_of(path, limit)
        local what = text .. " " .. shown(limit)
        return function(state, value, is)
            if is ~= "number" or compare(value, limit) then return true end
            return refuse(state, what, value)
        end
    end
end
keywords.minimum = limit("must be at least", function(value, limit) return value >= limit end)
keywords.maximum = limit("must be at most", function(value, limit) return value <= limit end)
keywords.exclusiveMinimum = limit("must be above", function(value, limit) return value > limit end)
keywords.exclusiveMaximum = limit("must be below", function(value, limit) return value < limit end)

function keywords.multipleOf(factor, path)
    if number_of(path, factor) <= 0 then wrong(path, "it must be above 0") end
    local what = "must be a multiple of " .. shown(factor)
    return function(state, value, is)
        if is ~= "number" or fmod(value, factor) == 0 then return true end
        -- 0.0075 is a multiple of 0.0001, though not for a computer.
        local quotient = value / factor
        local error = quotient - floor(quotient + 0.5)
        if quotient < huge and quotient > -huge and (error < 0 and -error or error) <= (quotient < 0 and -quotient or quotient) * 2 ^ -50 then
            return true
        end
        return refuse(state, what, value)
    end
end

local function length(of, word, text, compare, measure)
    return function(limit, path)
        number_of(path, limit, true)
        local what = format("must have %s %s", text, counted(limit, word))
        return function(state, value, is)
            if is ~= of then return true end
            local has = measure(value)
            if compare(has, limit) then return true end
            return state.quiet == 0 and mistake(state, format("%s, got %d", what, has))
        end
    end
end
local function at_least(has, limit) return has >= limit end
local function at_most(has, limit) return has <= limit end
local function characters(text) return codepoints(text, 1, -1, true) or #text end
local function members(object)
    local count = 0
    for _ in next, object do count = count + 1 end
    return count
end
keywords.minLength = length("string", "character", "at least", at_least, characters)
keywords.maxLength = length("string", "character", "at most", at_most, characters)
keywords.minItems = length("array", "item", "at least", at_least, rawlen)
keywords.maxItems = length("array", "item", "at most", at_most, rawlen)
keywords.minProperties = length("object", "member", "at least", at_least, members)
keywords.maxProperties = length("object", "member", "at most", at_most, members)

-- A function that says whether a text matches; it ends the check if that is too hard to find out.
local function matcher(text, path)
    if type(text) ~= "string" then wrong(path, "it must be a string") end
    local matches, reason = pattern(text)
    if not matches then wrong(path, "the pattern %s cannot be used: %s", quoted(text), reason) end
    return function(state, value)
        if not step(state, MATCH_STEPS + #value // 32) then return false end
        local found = matches(value)
        if found == nil then return give_up(state, "it is too hard to match against the pattern " .. quoted(text)) end
        return found
    end
end

function keywords.pattern(text, path)
    local matches = matcher(text, path)
    local what = "must match " .. quoted(text)
    return function(state, value, is)
        if is ~= "string" or matches(state, value) then return true end
        return refuse(state, what, value)
    end
end

function keywords.const(wanted)
    local what = "must be " .. shown(wanted)
    return function(state, value)
        return equal(state, wanted, value, 1) or refuse(state, what, value)
    end
end

function keywords.enum(values, path)
    if kind(values) ~= "array" then wrong(path, "it must be a list of values") end
    local texts, simple, others = {}, {}, {}
    for index = 1, #values do
        local value = values[index]
        texts[index] = index <= 20 and shown(value) or index == 21 and "…" or nil
        if type(value) == "table" then others[#others + 1] = value else simple[value] = true end
    end
    local what = #texts == 1 and "must be " .. texts[1] or "must be one of " .. concat(texts, ", ")
    return function(state, value, is)
        if simple[value] then return true end
        if type(value) == "table" then
            for index = 1, #others do
                if equal(state, others[index], value, 1) then return true end
            end
        end
        return refuse(state, what, value)
    end
end

-- MARK: Arrays

function keywords.items(_, path, compile, node, schema)
    local before = schema.prefixItems and #schema.prefixItems or 0
    local item = compile(schema.items, path)
    return function(state, value, is, seen)
        if is ~= "array" then return true end
        local ok, count = true, rawlen(value)
        if item.isNever then
            if count <= before then return true end
            return state.quiet == 0 and mistake(state, format("must have at most %s, got %d", counted(before, "item"), count))
        end
        for index = before + 1, count do
            if not descend(state, item, rawget(value, index), index) then
                ok = false
                if state.quiet > 0 or state.broken then break end
            end
        end
        if seen then seen.count = huge end
        return ok
    end
end

function keywords.prefixItems(list, path, compile)
    local nodes = {}
    for index = 1, #list do nodes[index] = compile(list[index], below(path, index)) end
    return function(state, value, is, seen)
        if is ~= "array" then return true end
        local ok, count = true, rawlen(value)
        if count > #nodes then count = #nodes end
        for index = 1, count do
            ok = descend(state, nodes[index], rawget(value, index), index) and ok
        end
        if seen and count > (seen.count or 0) then seen.count = count end
        return ok
    end
end

function keywords.contains(schema, path, compile, _, part)
    local item = compile(schema, path)
    local least, most = part.minContains, part.maxContains
    if least ~= nil then number_of(gsub(path, "contains$", "minContains"), least, true) end
    if most ~= nil then number_of(gsub(path, "contains$", "maxContains"), most, true) end
    least = least or 1
    return function(state, value, is, seen)
        if is ~= "array" then return true end
        local count = 0
        for index = 1, rawlen(value) do
            if descends_quietly(state, item, rawget(value, index), index) then
                count = count + 1
                if seen then
                    seen.places = seen.places or {}
                    seen.places[index] = true
                elseif not most and count >= least then
                    return true
                end
            end
            if state.broken then return false end
        end
        if count >= least and (not most or count <= most) then return true end
        local isShort = count < least
        return state.quiet == 0 and mistake(state, format("must contain at %s %s of the wanted form, got %d",
            isShort and "least" or "most", counted(isShort and least or most, "item"), count))
    end
end

function keywords.uniqueItems(isWanted, path)
    if type(isWanted) ~= "boolean" then wrong(path, "it must be true or false") end
    if not isWanted then return nil end
    return function(state, value, is)
        if is ~= "array" then return true end
        local places, tables = {}, {}
        for index = 1, rawlen(value) do
            local item = rawget(value, index)
            local other = places[item]
            if type(item) == "table" then
                for position = 1, #tables do
                    if not step(state) then return false end
                    if equal(state, rawget(value, tables[position]), item, 1) then
                        other = tables[position]
                        break
                    end
                end
                tables[#tables + 1] = index
            end
            if other then
                return state.quiet == 0
                    and mistake(state, format("items must differ, but items %d and %d are equal", other - 1, index - 1))
            end
            places[item] = index
        end
        return true
    end
end

function keywords.unevaluatedItems(schema, path, compile)
    local item = compile(schema, path)
    return function(state, value, is, seen)
        if is ~= "array" then return true end
        if seen.count == huge then return true end
        local ok, places = true, seen.places
        for index = (seen.count or 0) + 1, rawlen(value) do
            if not (places and places[index]) then
                ok = descend(state, item, rawget(value, index), index) and ok
                if not ok and (state.quiet > 0 or state.broken) then return false end
            end
        end
        seen.count = huge
        return ok
    end
end

return { keywords = keywords, listOfNames = list_of_names, matcher = matcher }
