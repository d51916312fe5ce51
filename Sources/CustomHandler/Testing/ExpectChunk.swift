import FunctionsModel
import Lua

extension TestPrelude {
    /// Pushes the function `expect`. A failed expectation is an error with the line of the test that called it. [+1]
    static func pushExpect(onto stack: LuaStack) throws(LuaError) {
        try stack.pushTableText()
        stack.push(function: "mark") { stack throws(LuaError) in Modules.mark(stack) }
        try Modules.run(difference, arguments: 2, onto: stack)
        stack.push(function: "nearest") { stack throws(LuaError) in
            let names = try stack.argumentText(2).split(separator: " ").map(String.init)
            guard let nearest = NearestName.find(try stack.argumentText(1), among: names) else { return 0 }
            stack.push(nearest)
            return 1
        }
        try Modules.run(expect, arguments: 2, onto: stack)
    }

    private static let expect = LuaChunk(
        #"""
        local tools, nearest, wrap, fail = ...
        local brief, differences, same = tools.brief, tools.differences, tools.same
        local math_type, next, pcall, rawget, rawlen = math.type, next, pcall, rawget, rawlen
        local select, setmetatable, tostring, type = select, setmetatable, tostring, type
        local find, format, gmatch, lower, match, sub = string.find, string.format, string.gmatch, string.lower,
            string.match, string.sub

        -- The key of an expectation's state: its value, its label, and whether it is negated.
        local STATE = {}
        local Expectation = { __metatable = false, __name = "expectation" }

        local function expectation(value, label, never)
            return setmetatable({ [STATE] = { value = value, label = label, never = never } }, Expectation)
        end

        local function check(name, value, wanted)
            if type(value) ~= wanted then
                fail(format("bad argument #1 to '%s' (%s expected, got %s)", name, wanted, type(value)))
            end
        end

        local function check_given(name, count, what)
            if count == 0 then fail(format("'%s' needs %s", name, what)) end
        end

        local function number_matcher(name, what, compare)
            return function(value, limit)
                check(name, limit, "number")
                return type(value) == "number" and compare(value, limit), "a number " .. what .. " " .. tostring(limit)
            end
        end

        local function has_element(list, wanted)
            for index = 1, rawlen(list) do
                if same(wanted, rawget(list, index), true) then return true end
            end
            return false
        end

        -- Whether a text contains another one, a list one element or those of another list, a table some members.
        local function contains(value, wanted)
            if type(value) == "string" then
                if type(wanted) ~= "string" then
                    fail(format("'contains' looks for a string in a string, not for a %s", type(wanted)))
                end
                return find(value, wanted, 1, true) ~= nil, "a text that contains " .. brief(wanted)
            end
            local is_table = type(value) == "table"
            -- This fills a table whose members are made on first access.
            if is_table then next(value) end
            local wants_list = type(wanted) == "table" and (next(wanted) == nil or rawlen(wanted) > 0)
            if is_table and rawlen(value) > 0 then
                for _, element in next, wants_list and wanted or { wanted } do
                    if not has_element(value, element) then return false, "a list that contains " .. brief(element) end
                end
                return true, "a list that contains " .. brief(wanted)
            end
            if type(wanted) ~= "table" then return false, "a list or a text that contains " .. brief(wanted) end
            local what = "a table that contains " .. brief(wanted)
            if is_table and not same(wanted, value, true) then return false, what, differences(wanted, value, true) end
            return is_table, what
        end

        -- The number of bytes, elements or members.
        local function length(value)
            if type(value) == "string" then return #value end
            if type(value) ~= "table" then return nil end
            local first = next(value)
            if first == nil or rawlen(value) > 0 then return rawlen(value) end
            local count = 0
            for _ in next, value do count = count + 1 end
            return count
        end

        local types = "nil boolean number string table function userdata thread integer float"

        -- Whether an error is the one that the test wants: a text of the message, a pattern, or members of a table.
        local function is_wanted(failure, wanted)
            if wanted == nil then return true, "an error" end
            if type(wanted) == "table" then
                return type(failure) == "table" and same(wanted, failure, true), "an error with " .. brief(wanted)
            end
            check("fails", wanted, "string")
            local text = type(failure) == "string" and failure or brief(failure, 4000)
            local ok, place = pcall(find, text, wanted)
            return find(text, wanted, 1, true) ~= nil or ok and place ~= nil, "an error with " .. brief(wanted)
        end

        -- Each returns whether the value is as expected, and what is expected. A third result replaces the sentence that
        -- is made of this; a fourth one is what the matcher returns to the test.
        local matchers = {
            equals = function(value, ...)
                check_given("equals", select("#", ...), "the expected value; write isNil() for nil")
                local expected = ...
                if same(expected, value) then return true, brief(expected) end
                return false, nil, differences(expected, value)
            end,
            is = function(value, name)
                check("is", name, "string")
                if not find(" " .. types .. " ", " " .. name .. " ", 1, true) then
                    local meant = nearest(name, types)
                    fail(format("'%s' is not a type of Lua%s", name, meant and " (did you mean '" .. meant .. "'?)" or ""))
                end
                return type(value) == name or math_type(value) == name, "a value of type " .. name
            end,
            isNil = function(value) return value == nil, "nil" end,
            isTrue = function(value) return value == true, "true" end,
            isFalse = function(value) return value == false, "false" end,
            isTruthy = function(value) return value and true or false, "a value other than nil and false" end,
            isFalsy = function(value) return not value, "nil or false" end,
            isAbove = number_matcher("isAbove", "above", function(a, b) return a > b end),
            isBelow = number_matcher("isBelow", "below", function(a, b) return a < b end),
            isAtLeast = number_matcher("isAtLeast", "of at least", function(a, b) return a >= b end),
            isAtMost = number_matcher("isAtMost", "of at most", function(a, b) return a <= b end),
            isNear = function(value, target, tolerance)
                check("isNear", target, "number")
                if type(tolerance) ~= "number" then
                    fail "'isNear' needs a tolerance: expect(value):isNear(0.3, 0.001)"
                end
                return type(value) == "number" and value - target <= tolerance and target - value <= tolerance,
                    "a number within " .. tostring(tolerance) .. " of " .. tostring(target)
            end,
            contains = function(value, ...)
                check_given("contains", select("#", ...), "what to look for")
                return contains(value, (...))
            end,
            matches = function(value, pattern)
                check("matches", pattern, "string")
                return type(value) == "string" and find(value, pattern) ~= nil, "a text that matches " .. brief(pattern)
            end,
            hasLength = function(value, count)
                check("hasLength", count, "number")
                local has = length(value)
                local what = "the length " .. tostring(count)
                if not has or has == count then return has == count, what end
                return false, nil, format("expected %s, got %s: %s", what, has, brief(value))
            end,
            fails = function(value, wanted)
                if type(value) ~= "function" then
                    fail(format("'fails' calls a function, not a %s: expect(function() … end):fails()", type(value)))
                end
                local ok, failure = pcall(value)
                local is, what = is_wanted(failure, wanted)
                if ok then return false, nil, "expected " .. what .. ", but the function returned" end
                local reason = not is and "expected " .. what .. ", got " .. brief(failure) or nil
                return is, what .. ", got " .. brief(failure), reason, failure
            end,
        }

        local methods, names = {}, {}
        for name, matcher in next, matchers do
            names[#names + 1] = name
            local function judge(state, ok, what, message, result)
                if not ok == state.never then return result end
                local shown = brief(state.value)
                local got = (shown == what or name == "fails") and "" or ", got " .. shown
                if state.never then
                    message = "expected anything but " .. what .. got
                else
                    message = message or "expected " .. what .. got
                end
                fail((state.label and state.label .. ": " or "") .. message)
            end
            methods[name] = wrap(function(self, ...)
                local state = rawget(self, STATE)
                if not state then fail(format("call it with a colon: expect(value):%s(…)", name)) end
                local result = judge(state, matcher(state.value, ...))
                if name == "fails" then return result end
                return self
            end, "expect(value):" .. name .. "(…)")
        end
        table.sort(names)

        -- The names that other libraries have.
        local meant = {}
        for name, others in next, {
            equals = "toBe toEqual toStrictEqual equal eq same are_equal assertEquals is_equal toDeepEqual deepEquals",
            is = "isA isAn isType toBeTypeOf type a an hasType",
            isNil = "toBeNil toBeNull toBeUndefined is_nil isNull",
            isTrue = "toBeTrue is_true", isFalse = "toBeFalse is_false",
            isTruthy = "toBeTruthy ok", isFalsy = "toBeFalsy",
            isAbove = "isGreaterThan greaterThan toBeGreaterThan above gt",
            isBelow = "isLessThan lessThan toBeLessThan below lt",
            isAtLeast = "toBeGreaterThanOrEqual atLeast gte", isAtMost = "toBeLessThanOrEqual atMost lte",
            isNear = "toBeCloseTo closeTo near isCloseTo", contains = "toContain includes include has toInclude toMatchObject",
            matches = "toMatch match", hasLength = "toHaveLength length lengthOf hasSize",
            fails = "toThrow throws errors raises hasError has_error toError", never = "no isnt isNot",
        } do
            for other in gmatch(others, "%S+") do meant[lower(other)] = name end
        end
        meant["not"] = "never"

        local function remedy(name)
            local known = meant[lower(name)]
            if known then return "; write '" .. known .. "'" end
            local negated = match(name, "^[nN]ot_?(.+)$") or match(name, "^isNot(.+)$") or match(name, "^toNot(.+)$")
            if negated then
                local plain = lower(sub(negated, 1, 1)) .. sub(negated, 2)
                plain = matchers[plain] and plain or matchers["is" .. negated] and "is" .. negated or meant[lower(negated)]
                if plain then return "; write expect(value).never:" .. plain .. "(…)" end
            end
            local near = nearest(name, table.concat(names, " ") .. " never")
            return near and "; did you mean '" .. near .. "'?" or "; it has never, " .. table.concat(names, ", ")
        end

        Expectation.__index = wrap(function(self, name)
            local method = methods[name]
            if method then return method end
            local state = rawget(self, STATE)
            if name == "never" then return expectation(state.value, state.label, not state.never) end
            name = tostring(name)
            fail(format("expect(value) has no '%s'%s", name, remedy(name)))
        end)
        Expectation.__newindex = wrap(function(_, name)
            fail(format("expect(value).%s cannot be set", tostring(name)))
        end)

        return wrap(function(value, label)
            return expectation(value, type(label) == "string" and label or nil, false)
        end)
        """#, hasLines: false)
}
