import FunctionsModel
import Lua

/// The globals of test files: `test`, `describe`, `skip`, `expect`, `stub`, `clock`, and an `os.exit` that works. Only
/// VMs of test files have them; the caller of the tests adds `invoke`.
enum TestPrelude {
    /// - Parameter script: the test file. The functions live as long as its VM.
    static func install(_ stack: LuaStack, _ script: TestScript, _ scope: FunctionVM.Scope) throws(LuaError) {
        let functions = functions(script)
        for (name, body) in functions { stack.push(function: name, body) }
        try pushExpect(onto: stack)
        stack.push(function: "json") { stack throws(LuaError) in
            try Modules.readJSON(on: stack, scope) { error throws(LuaError) in
                throw .message("the body is not JSON: \(error)")
            }
        }
        try Modules.run(chunk, arguments: functions.count + 2, onto: stack)
        stack.pushElement(1, of: -1)
        let headers = stack.reference()
        stack.pushElement(2, of: -1)
        let message = stack.reference()
        stack.pushElement(3, of: -1)
        script.marks = (headers: headers, message: message, globals: stack.reference())
        stack.pop()
    }

    /// Makes the top value a global variable of the file. [-1]
    static func define(_ name: String, on stack: LuaStack, _ script: TestScript) {
        guard let marks = script.marks else { return stack.pop() }
        stack.push(marks.globals)
        stack.insert(at: -2)
        stack.setField(name, of: -2)
        stack.pop()
    }

    private static func functions(_ script: TestScript) -> [(String, HostFunction)] {
        [
            (
                "test",
                { [unowned script] stack throws(LuaError) in
                    try script.register(stack)
                    return 0
                }
            ),
            ("skip", { [unowned script] stack throws(LuaError) in script.skip(on: stack) }),
            ("exit", { [unowned script] stack throws(LuaError) in script.exit(on: stack) }),
            ("http", { [unowned script] stack throws(LuaError) in try StubReader(script).add(on: stack) }),
            (
                "env",
                { [unowned script] stack throws(LuaError) in
                    try script.setEnvironment(stack)
                    return 0
                }
            ),
            (
                "sleep",
                { stack throws(LuaError) in
                    guard let seconds = stack.number(at: 1), seconds >= 0, seconds < 1e9 else {
                        throw .message("clock:advance takes seconds of 0 or more")
                    }
                    return stack.wait(for: Wait.sleep(.nanoseconds(Int64(seconds * 1e9))))
                }
            ),
            (
                "now",
                { [unowned script] stack throws(LuaError) in
                    stack.push(script.time)
                    return 1
                }
            ),
            (
                "set",
                { [unowned script] stack throws(LuaError) in
                    try script.setTime(stack)
                    return 0
                }
            ),
        ]
    }

    private static let chunk = LuaChunk(
        #"""
        local register, skipped, exit, http, env, sleep, now, set, expectation, decode, wrap, fail = ...
        local next, setmetatable, type, lower, floor = next, setmetatable, type, string.lower, math.floor
        local concat = table.concat

        -- Tests -----------------------------------------------------------------------------------------------------

        -- The globals of tests are not members of _G itself: luaunit takes each one whose name begins with "test" for a
        -- test.
        local own = { expect = expectation }
        setmetatable(_G, { __index = own })

        local groups = {}
        -- Leaves a group, also if an error ends it.
        local leaves = setmetatable({}, { __close = function() groups[#groups] = nil end })

        local function named(kind, name, body)
            if type(name) ~= "string" or type(body) ~= "function" then
                fail(kind .. " takes a name and a function: " .. kind .. "(\"name\", function() … end)")
            end
        end

        own.test = wrap(function(name, body)
            named("test", name, body)
            groups[#groups + 1] = name
            local whole = concat(groups, ": ")
            groups[#groups] = nil
            register(whole, body)
        end)

        own.describe = wrap(function(name, body)
            named("describe", name, body)
            groups[#groups + 1] = name
            local group <close> = leaves
            body()
        end)

        own.skip = wrap(function(reason) skipped(reason) end)

        os.exit = wrap(function(code) exit(code) end)

        -- The clock and the world outside --------------------------------------------------------------------------

        own.clock = setmetatable({}, { __metatable = false, __name = "clock", __index = {
            advance = wrap(function(_, seconds) sleep(seconds) end, "clock:advance(seconds)"),
            now = wrap(function()
                local time = now()
                return time == floor(time) and floor(time) or time
            end, "clock:now()"),
            set = wrap(function(_, time) set(time) end, "clock:set(time)"),
        } })

        own.stub = {
            http = wrap(function(pattern, reply) return http(pattern, reply) end),
            env = wrap(function(name, value) env(name, value) end),
        }

        -- Messages -------------------------------------------------------------------------------------------------

        \#(Modules.headersText)

        local methods = {
            json = wrap(function(self)
                local value = decode(self.body)
                return value
            end, "message:json()"),
        }
        local rawget = rawget
        local other_names = { status = "statusCode", status_code = "statusCode", code = "statusCode", text = "body",
            header = "headers" }
        local Message = { __metatable = false, __index = wrap(function(self, key)
            if methods[key] then return methods[key] end
            local name = other_names[key]
            if name and rawget(self, name) ~= nil then
                fail("there is no member '" .. key .. "' (did you mean '" .. name .. "'?)")
            end
        end) }

        return { Headers, Message, own }
        """#)
}
