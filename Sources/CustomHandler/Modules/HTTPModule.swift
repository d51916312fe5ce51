import FunctionsModel
import HTTP
import HTTP1
import Lua

extension Modules {
    /// The module `http`: `request` and its short forms, which wait without blocking the thread; `response`; and
    /// `eventStream`, for a response that is sent event by event.
    static func openHTTP(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        guard let mark = scope.metatables?.httpResponse else { throw .message("http is not ready") }
        stack.push(function: "response") { stack throws(LuaError) in
            try stack.argumentTable(1)
            stack.setCount(1)
            stack.setMetatable(at: 1, mark)
            return 1
        }
        stack.push(function: "request") { stack throws(LuaError) in
            try stack.argumentTable(1)
            return stack.wait(for: Wait.http(try OutboundRequest(at: 1, of: stack, function: scope.function.name)))
        }
        stack.push(function: "json") { stack throws(LuaError) in
            try readJSON(on: stack, scope) { error throws(LuaError) in
                throw .message("the response body is not JSON: \(error)")
            }
        }
        try openJSON(onto: stack, scope)
        stack.pushField("encode", of: -1)
        stack.replace(at: stack.count - 1)
        stack.push(function: "send") { stack throws(LuaError) in try EventLines.data(on: stack) }
        stack.push(function: "send") { stack throws(LuaError) in
            stack.push(EventLines.isLine(at: 1, of: stack))
            return 1
        }
        try run(httpChunk, arguments: 6, onto: stack)
    }

    private static let httpChunk = LuaChunk(
        #"""
        local response, request, json, encode, lines_of, isLine = ...
        local next, setmetatable, type, lower, error = next, setmetatable, type, string.lower, error
        local concat, tostring = table.concat, tostring

        -- Header fields by name, in upper or lower case. The values of repeated fields are joined.
        local Headers = { __name = "headers", __metatable = false, __index = function(self, name)
            if type(name) ~= "string" then return nil end
            name = lower(name)
            for key, value in next, self do
                if lower(key) == name then return value end
            end
        end }

        -- The separate header fields of each response. They are not a member of the response, so that a script can
        -- return the response unchanged.
        local fieldsOf = setmetatable({}, { __mode = "k" })

        local function check(self, method)
            if type(self) ~= "table" then error("call it with a colon: response:" .. method .. "()", 3) end
        end

        local Response = { __name = "response", __metatable = false, __index = {
            json = function(self)
                check(self, "json")
                local value = json(self.body)
                return value
            end,
            -- All values of a header field, in their order.
            values = function(self, name)
                check(self, "values")
                if type(name) ~= "string" then error("the name of a header must be a string, not a " .. type(name), 2) end
                local found = {}
                for _, field in next, fieldsOf[self] or {} do
                    if lower(field[1]) == lower(name) then found[#found + 1] = field[2] end
                end
                return found
            end,
        } }

        local function send(options)
            local answer, message, kind = request(options)
            if not answer then return nil, message, kind end
            local headers = {}
            for _, field in next, answer.fields do
                local name, value = field[1], field[2]
                headers[name] = headers[name] and headers[name] .. ", " .. value or value
            end
            fieldsOf[answer], answer.fields = answer.fields, nil
            answer.headers = setmetatable(headers, Headers)
            return setmetatable(answer, Response)
        end

        local function with(method, url, body, options)
            if options ~= nil and type(options) ~= "table" then error("the options must be a table", 2) end
            local all = { method = method, url = url, body = body }
            for key, value in next, options or {} do all[key] = value end
            return send(all)
        end

        -- An event is a text or a table { event =, data =, id =, retry = }. A table as data is sent as JSON.
        local function format(event)
            if type(event) ~= "table" then event = { data = event } end
            local lines = {}
            for name in next, event do
                if name ~= "event" and name ~= "data" and name ~= "id" and name ~= "retry" then
                    error("an event has no field '" .. tostring(name) .. "'; there are event, data, id and retry", 3)
                end
            end
            for _, name in next, { "event", "id", "retry" } do
                local value = event[name]
                if value ~= nil then
                    value = tostring(value)
                    if not isLine(value) then error("the " .. name .. " of an event must be one line", 3) end
                    lines[#lines + 1] = name .. ": " .. value
                end
            end
            local data = event.data
            if type(data) == "table" then data = encode(data) end
            if data ~= nil then lines[#lines + 1] = lines_of(tostring(data)) end
            return concat(lines, "\n") .. "\n\n"
        end

        local function eventStream(body)
            if type(body) ~= "function" then error("http.eventStream takes a function that gets send", 2) end
            return response {
                headers = { ["content-type"] = "text/event-stream", ["cache-control"] = "no-cache" },
                body = function(write) return body(function(event) write(format(event)) end) end,
            }
        end

        local http = { request = send, response = response, eventStream = eventStream }
        for _, method in next, { "GET", "HEAD", "DELETE" } do
            http[lower(method)] = function(url, options) return with(method, url, nil, options) end
        end
        for _, method in next, { "POST", "PUT", "PATCH" } do
            http[lower(method)] = function(url, body, options) return with(method, url, body, options) end
        end
        return http
        """#)
}
